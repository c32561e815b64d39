package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.interceptor.api.IInterceptorBroadcaster;
import ca.uhn.fhir.interceptor.executor.InterceptorService;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.hapi.fhir.cdshooks.api.CDSHooksVersion;
import ca.uhn.hapi.fhir.cdshooks.api.ICdsHooksDaoAuthorizationSvc;
import ca.uhn.hapi.fhir.cdshooks.api.ICdsServiceRegistry;
import ca.uhn.hapi.fhir.cdshooks.config.CdsHooksConfig;
import ca.uhn.hapi.fhir.cdshooks.controller.CdsHooksController;
import ca.uhn.hapi.fhir.cdshooks.svc.CdsHooksContextBooter;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageConverter;
import org.springframework.http.converter.json.MappingJackson2HttpMessageConverter;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** The beans that the module asks of whoever hosts it. */
@Configuration
@EnableWebMvc
@Import(CdsHooksConfig.class)
public class Web implements WebMvcConfigurer {
  @Autowired
  @Qualifier("cdsHooksObjectMapperFactory")
  private ObjectMapper mapper;

  @Bean
  static FhirContext fhirContext() {
    return FhirContext.forR4Cached();
  }

  @Bean
  static IInterceptorBroadcaster interceptors() {
    return new InterceptorService();
  }

  @Bean
  static DaoRegistry daoRegistry() {
    return new DaoRegistry();
  }

  @Bean
  static ICdsHooksDaoAuthorizationSvc authorization() {
    return resource -> {};
  }

  /** The module's default; under 2.0 it refuses an EHR on plain http, which ours on loopback is. */
  @Bean
  static CDSHooksVersion version() {
    return CDSHooksVersion.DEFAULT;
  }

  @Bean
  static CdsHooksContextBooter booter() {
    CdsHooksContextBooter booter = new CdsHooksContextBooter();
    booter.setDefinitionsClass(Services.class);
    booter.start();
    return booter;
  }

  @Bean
  static CdsHooksController controller(ICdsServiceRegistry registry) {
    return new CdsHooksController(registry);
  }

  @Bean
  static Errors errors() {
    return new Errors();
  }

  @Override
  public void configureMessageConverters(List<HttpMessageConverter<?>> converters) {
    converters.add(new MappingJackson2HttpMessageConverter(mapper));
  }

  /** Each of HAPI's exceptions knows its status; the module leaves it to the host to send it. */
  @RestControllerAdvice
  public static class Errors {
    @ExceptionHandler(BaseServerResponseException.class)
    ResponseEntity<Map<String, String>> answer(BaseServerResponseException cause) {
      return ResponseEntity.status(cause.getStatusCode()).body(Map.of("error", String.valueOf(cause.getMessage())));
    }
  }

  @Configuration
  static class Services {
    @Bean(name = "cdsServices")
    public List<Object> cdsServices() {
      return List.of(new CoverageService());
    }
  }
}
