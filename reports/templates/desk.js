// Watches a run: the server sends ready-made, escaped pieces of the page whenever they change. Without this script the page loads itself again.
(() => {
  const main = document.querySelector('main[data-events]');
  if (!main) return;
  const events = new EventSource(main.dataset.events);
  const put = (id, html) => {
    const box = document.getElementById(id);
    if (!box) return;
    const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
    box.innerHTML = html;
    if (atEnd) box.scrollTop = box.scrollHeight;
  };
  for (const part of ['state', 'score', 'log']) events.addEventListener(part, (event) => put(`live-${part}`, event.data));
  events.addEventListener('over', () => {
    events.close();
    location.reload();
  });
})();
