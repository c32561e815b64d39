package peer;

import ca.uhn.fhir.batch2.api.IJobMaintenanceService;
import ca.uhn.fhir.batch2.jobs.export.BulkDataExportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** HAPI's JPA server with the resources of an NDJSON file on a free loopback port; prints "READY port" and ends when its standard input closes. */
public final class Main {
  @SuppressWarnings("unchecked")
  public static void main(String[] args) throws Exception {
    AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext(Storage.class);
    IFhirSystemDao<Bundle, ?> system = beans.getBean(IFhirSystemDao.class);
    FhirContext context = system.getContext();
    store(system, Files.readAllLines(Path.of(args[0]), StandardCharsets.UTF_8).stream()
        .filter(line -> !line.isBlank()).map(line -> (Resource) context.newJsonParser().parseResource(line)).toList());

    RestfulServer rest = new RestfulServer(context);
    rest.registerProviders(beans.getBean(ResourceProviderFactory.class).createProviders());
    rest.registerProvider(beans.getBean(IJpaSystemProvider.class));
    rest.registerProvider(beans.getBean(BulkDataExportProvider.class));
    rest.setServerConformanceProvider(new JpaCapabilityStatementProvider(rest, system, beans.getBean(JpaStorageSettings.class), beans.getBean(ISearchParamRegistry.class), beans.getBean(IValidationSupport.class)));
    rest.setPagingProvider(beans.getBean(DatabaseBackedPagingProvider.class));

    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(0);
    server.addConnector(connector);
    ServletContextHandler handler = new ServletContextHandler("/");
    handler.addFilter(new FilterHolder(new Soon()), "/*", EnumSet.of(jakarta.servlet.DispatcherType.REQUEST));
    handler.addServlet(new ServletHolder(rest), "/fhir/*");
    server.setHandler(handler);
    server.start();
    Storage.hurry(beans.getBean(IJobMaintenanceService.class));
    System.out.println("READY " + connector.getLocalPort());
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
    Runtime.getRuntime().halt(0);
  }

  private static void store(IFhirSystemDao<Bundle, ?> system, List<Resource> resources) {
    for (int from = 0; from < resources.size(); from += 200) {
      Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
      for (Resource each : resources.subList(from, Math.min(from + 200, resources.size())))
        bundle.addEntry().setResource(each).getRequest().setMethod(Bundle.HTTPVerb.PUT).setUrl(each.fhirType() + "/" + each.getIdElement().getIdPart());
      system.transaction(new SystemRequestDetails(), bundle);
    }
  }

  /** A poll is put off for two minutes by default, which is right for a real store. */
  static final class Soon extends HttpFilter {
    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
      chain.doFilter(request, new HttpServletResponseWrapper(response) {
        @Override
        public void addHeader(String name, String value) {
          super.addHeader(name, "Retry-After".equals(name) ? "1" : value);
        }

        @Override
        public void setHeader(String name, String value) {
          super.setHeader(name, "Retry-After".equals(name) ? "1" : value);
        }
      });
    }
  }

  private Main() {}
}
