package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.server.FifoMemoryPagingProvider;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.HashMapResourceProvider;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.hl7.fhir.instance.model.api.IBaseResource;

/** Serves the resources of an NDJSON file on a free loopback port; prints "READY port" and ends when its standard input closes. */
public final class Main {
  public static void main(String[] args) throws Exception {
    FhirContext context = FhirContext.forR4();
    Map<String, HashMapResourceProvider<?>> providers = new LinkedHashMap<>();
    for (String line : Files.readAllLines(Path.of(args[0]), StandardCharsets.UTF_8)) {
      if (!line.isBlank()) store(context, providers, context.newJsonParser().parseResource(line));
    }
    RestfulServer rest = new RestfulServer(context);
    rest.setResourceProviders(providers.values().toArray(IResourceProvider[]::new));

    rest.setPagingProvider(new FifoMemoryPagingProvider(100).setDefaultPageSize(50).setMaximumPageSize(200));

    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(0);
    server.addConnector(connector);
    ServletContextHandler handler = new ServletContextHandler("/");
    handler.addServlet(new ServletHolder(rest), "/fhir/*");
    server.setHandler(handler);
    server.start();
    System.out.println("READY " + connector.getLocalPort());
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
    System.exit(0);
  }

  @SuppressWarnings("unchecked")
  private static <T extends IBaseResource> void store(FhirContext context, Map<String, HashMapResourceProvider<?>> providers, T resource) {
    String type = context.getResourceType(resource);
    HashMapResourceProvider<T> provider = (HashMapResourceProvider<T>) providers.computeIfAbsent(type, key -> new HashMapResourceProvider<>(context, resource.getClass()));
    provider.store(resource);
  }

  private Main() {}
}
