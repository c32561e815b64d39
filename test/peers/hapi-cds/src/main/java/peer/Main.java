package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.server.RestfulServer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;
import org.springframework.web.servlet.DispatcherServlet;

/**
 * Serves HAPI's CDS Hooks controller on a free loopback port; arguments are the member ids that the payer knows. Prints "READY port" and ends when its
 * standard input closes.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    CoverageService.members = java.util.Set.of(args);
    AnnotationConfigWebApplicationContext context = new AnnotationConfigWebApplicationContext();
    context.register(Web.class);
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(0);
    server.addConnector(connector);
    ServletContextHandler handler = new ServletContextHandler("/");
    ServletHolder holder = new ServletHolder(new DispatcherServlet(context));
    holder.setInitOrder(1);
    handler.addServlet(holder, "/*");
    // The payer's FHIR server beside it holds nothing; it says so in its CapabilityStatement.
    handler.addServlet(new ServletHolder(new RestfulServer(FhirContext.forR4Cached())), "/fhir/*");
    server.setHandler(handler);
    server.start();
    System.out.println("READY " + connector.getLocalPort());
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
    System.exit(0);
  }

  private Main() {}
}
