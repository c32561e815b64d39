package peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;

/** HAPI's generic client behind a trigger URL: each POST is one journey. Arguments: a private key (PKCS#8), its kid. Prints READY port; ends with standard input. */
public class Main {
  private static final FhirContext CONTEXT = FhirContext.forR4();
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    CONTEXT.getRestfulClientFactory().setSocketTimeout(10_000);
    String pem = Files.readString(Path.of(args[0])).replaceAll("-----[A-Z ]+-----|\\s", "");
    PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", exchange -> go(exchange, key, args[1]));
    server.start();
    System.out.println("READY " + server.getAddress().getPort());
    while (System.in.read() >= 0) {
      // Until standard input ends.
    }
    System.exit(0);
  }

  private static void go(HttpExchange exchange, PrivateKey key, String kid) {
    String said = "done";
    try {
      JsonNode asked = JSON.readTree(exchange.getRequestBody());
      journey(asked, token(asked, key, kid));
    } catch (Exception cause) {
      said = String.valueOf(cause.getMessage());
    }
    try (exchange) {
      byte[] body = said.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } catch (Exception gone) {
      // Whoever asked has gone.
    }
  }

  /** The patient, and every page of results; thirty at most. */
  private static void journey(JsonNode asked, String token) {
    IGenericClient client = CONTEXT.newRestfulGenericClient(asked.get("fhirBase").asText());
    client.registerInterceptor(new BearerTokenAuthInterceptor(token));
    String patient = asked.get("patientId").asText();
    client.read().resource(Patient.class).withId(patient).execute();
    Bundle page =
        client
            .search()
            .forResource(Observation.class)
            .where(Observation.PATIENT.hasId(patient))
            .and(Observation.CATEGORY.exactly().code("laboratory"))
            .count(20)
            .returnBundle(Bundle.class)
            .execute();
    for (int more = 0; more < 30 && page.getLink(Bundle.LINK_NEXT) != null; more++) page = client.loadPage().next(page).execute();
  }

  /** HAPI's client has no backend token of its own. */
  private static String token(JsonNode asked, PrivateKey key, String kid) throws Exception {
    String url = asked.get("tokenUrl").asText();
    String id = asked.get("clientId").asText();
    long now = System.currentTimeMillis() / 1000;
    String head = part("{\"alg\":\"ES384\",\"typ\":\"JWT\",\"kid\":\"" + kid + "\"}");
    String claims =
        part(
            "{\"iss\":\"" + id + "\",\"sub\":\"" + id + "\",\"aud\":\"" + url + "\",\"jti\":\"" + UUID.randomUUID() + "\",\"iat\":" + now + ",\"exp\":" + (now + 240) + "}");
    Signature signature = Signature.getInstance("SHA384withECDSAinP1363Format");
    signature.initSign(key);
    signature.update((head + "." + claims).getBytes(StandardCharsets.UTF_8));
    String assertion = head + "." + claims + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    String form =
        "grant_type=client_credentials&scope=" + URLEncoder.encode("system/Patient.rs system/Observation.rs", StandardCharsets.UTF_8)
            + "&client_assertion_type=" + URLEncoder.encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", StandardCharsets.UTF_8)
            + "&client_assertion=" + assertion;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build();
    String body = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    return JSON.readTree(body).get("access_token").asText();
  }

  private static String part(String json) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
