package payerassay;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.hl7.fhir.utilities.json.model.JsonArray;
import org.hl7.fhir.utilities.json.model.JsonElement;
import org.hl7.fhir.utilities.json.model.JsonObject;
import org.hl7.fhir.utilities.json.parser.JsonParser;
import org.hl7.fhir.utilities.validation.ValidationMessage;

/**
 * Serves the validator-wrapper protocol on loopback: GET /validator/version, POST /validate.
 * Arguments: --core JAR (definitions to build R4 core from), --port N (0 = any), then guides as id#version.
 * The package cache is ${user.home}/.fhir/packages: start it with -Duser.home=DIR, never on a person's own home.
 * It ends when its standard input does, so it cannot outlive the process that started it.
 */
public final class ValidatorService {
  private static final int MOST_BYTES = 64 << 20;

  private final Engine engine;
  private final List<String> guides;

  private ValidatorService(Engine engine, List<String> guides) {
    this.engine = engine;
    this.guides = guides;
  }

  public static void main(String[] arguments) throws Exception {
    Thread leash = new Thread(ValidatorService::endWithParent, "leash");
    leash.setDaemon(true);
    leash.start();
    List<String> guides = new ArrayList<>();
    Path core = null;
    int port = 0;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--core" -> core = Path.of(arguments[++i]);
        case "--port" -> port = Integer.parseInt(arguments[++i]);
        default -> guides.add(arguments[i]);
      }
    }
    Path packages = Files.createDirectories(Path.of(System.getProperty("user.home"), ".fhir", "packages"));
    if (core != null) CorePackage.ensure(packages, core);
    ValidatorService service = new ValidatorService(new Engine(guides), guides);
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 16);
    server.createContext("/validator/version", service::version);
    server.createContext("/validate", service::validate);
    server.start();
    System.out.println("READY " + server.getAddress().getPort());
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Only the end of the stream matters.
      }
    } catch (IOException gone) {
      // The parent is gone in another way.
    }
    Runtime.getRuntime().halt(0);
  }

  private void version(HttpExchange exchange) throws IOException {
    answer(exchange, 200, "text/plain", org.hl7.fhir.utilities.VersionUtil.getVersion());
  }

  private void validate(HttpExchange exchange) throws IOException {
    try {
      byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
      if (body.length > MOST_BYTES) {
        answer(exchange, 413, "text/plain", "More than " + MOST_BYTES + " bytes");
        return;
      }
      JsonObject request = JsonParser.parseObject(new String(body, StandardCharsets.UTF_8));
      JsonObject context = request.has("cliContext") ? request.getJsonObject("cliContext") : new JsonObject();
      for (String wanted : strings(context, "igs")) {
        if (!guides.contains(wanted)) {
          answer(exchange, 422, "text/plain", wanted + " is not loaded: this process holds " + guides + "; start one for the other set");
          return;
        }
      }
      answer(exchange, 200, "application/json", JsonParser.compose(outcomes(request, strings(context, "profiles")), false));
    } catch (Exception problem) {
      answer(exchange, 500, "text/plain", problem.getClass().getSimpleName() + ": " + problem.getMessage());
    } catch (StackOverflowError deep) {
      answer(exchange, 500, "text/plain", "StackOverflowError: the resource is nested too deeply");
    }
  }

  private JsonObject outcomes(JsonObject request, List<String> profiles) throws Exception {
    JsonObject response = new JsonObject();
    String session = request.has("sessionId") ? request.asString("sessionId") : null;
    response.add("sessionId", session == null || session.isEmpty() || "null".equals(session) ? UUID.randomUUID().toString() : session);
    JsonArray outcomes = new JsonArray();
    for (JsonObject file : request.getJsonObjects("filesToValidate")) {
      JsonObject info = new JsonObject();
      info.add("fileName", file.asString("fileName"));
      info.add("fileType", "json");
      JsonArray issues = new JsonArray();
      try {
        for (ValidationMessage message : engine.validate(file.asString("fileContent"), profiles)) issues.add(issue(message));
      } catch (RuntimeException | StackOverflowError crash) {
        // A crash of the engine is no verdict on the payload.
        JsonObject issue = new JsonObject();
        issue.add("level", "WARNING");
        issue.add("messageId", "UNABLE_TO_VALIDATE");
        issue.add("message", "The engine crashed: " + crash);
        issues.add(issue);
      }
      JsonObject outcome = new JsonObject();
      outcome.add("fileInfo", info);
      outcome.add("issues", issues);
      outcomes.add(outcome);
    }
    response.add("outcomes", outcomes);
    return response;
  }

  private static JsonObject issue(ValidationMessage message) {
    JsonObject issue = new JsonObject();
    issue.add("level", message.getLevel().name());
    issue.add("message", message.getMessage());
    issue.add("type", message.getType() == null ? "PROCESSING" : message.getType().name());
    if (message.getMessageId() != null) issue.add("messageId", message.getMessageId());
    if (message.getLocation() != null) issue.add("location", message.getLocation());
    if (message.getInvId() != null) issue.add("invId", message.getInvId());
    issue.add("line", message.getLine());
    issue.add("col", message.getCol());
    return issue;
  }

  private static List<String> strings(JsonObject object, String name) {
    List<String> found = new ArrayList<>();
    if (object.has(name) && object.get(name).isJsonArray()) for (JsonElement each : object.getJsonArray(name)) found.add(each.asString());
    return found;
  }

  private static void answer(HttpExchange exchange, int status, String media, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", media + "; charset=utf-8");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
