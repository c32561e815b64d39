package payerassay;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.hl7.fhir.r5.elementmodel.Manager.FhirFormat;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.hl7.fhir.validation.ValidationEngine;
import org.hl7.fhir.validation.instance.InstanceValidator;
import org.hl7.fhir.validation.service.StandAloneValidatorFetcher;

/** The HL7 engine, loaded once with one set of guides. */
final class Engine {
  /** A validator keeps every resource it has seen (about 250 kB each), so it is replaced after this many. */
  private static final int RENEW_AFTER = 200;

  private final ValidationEngine engine;
  private InstanceValidator validator;
  private int seen;

  Engine(List<String> guides) throws Exception {
    engine = new ValidationEngine.ValidationEngineBuilder().withVersion("4.0.1").withNoTerminologyServer().fromSource("hl7.fhir.r4.core#4.0.1");
    engine.setLocale(Locale.ENGLISH);
    for (String guide : guides) engine.getIgLoader().loadIg(engine.getIgs(), engine.getBinaries(), guide, false);
    StandAloneValidatorFetcher fetcher = new StandAloneValidatorFetcher(engine.getPcm(), engine.getContext(), engine);
    engine.setFetcher(fetcher);
    engine.setPolicyAdvisor(fetcher);
    engine.setAnyExtensionsAllowed(true);
    engine.setAllowExampleUrls(true);
    engine.prepare();
  }

  /** Validates one JSON resource against what it claims and the given profiles. */
  synchronized List<ValidationMessage> validate(String json, List<String> profiles) throws Exception {
    if (validator == null || seen >= RENEW_AFTER) {
      validator = engine.getValidator(FhirFormat.JSON);
      seen = 0;
    }
    seen++;
    List<StructureDefinition> wanted = profiles.isEmpty() ? new ArrayList<>() : engine.asSdList(profiles);
    List<ValidationMessage> messages = new ArrayList<>();
    validator.validate(null, messages, new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), FhirFormat.JSON, wanted);
    return messages;
  }
}
