/** The bundle that comes with echarts has no types of its own. */
declare module 'echarts/dist/echarts.esm.min' {
  export { init } from 'echarts/core';
}
