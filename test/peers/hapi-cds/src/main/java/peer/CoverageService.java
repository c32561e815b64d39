package peer;

import ca.uhn.fhir.rest.api.server.cdshooks.CdsServiceRequestJson;
import ca.uhn.fhir.util.BundleUtil;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.hapi.fhir.cdshooks.api.CdsService;
import ca.uhn.hapi.fhir.cdshooks.api.CdsServicePrefetch;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceIndicatorEnum;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseCardJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseCardSourceJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseCodingJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseJson;
import ca.uhn.hapi.fhir.cdshooks.api.json.CdsServiceResponseSystemActionJson;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Coverage;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.DomainResource;
import org.hl7.fhir.r4.model.Extension;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** What a small payer would build on the module: is the patient a member, and are the orders covered. */
public class CoverageService {
  /** Member ids that the payer knows. */
  static Set<String> members = Set.of();

  private static final String INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information";

  @CdsService(value = "sign", hook = "order-sign", title = "Coverage of orders", description = "Says which orders are covered.", allowAutoFhirClientPrefetch = true,
      prefetch = {
        @CdsServicePrefetch(value = "thePatient", query = "Patient/{{context.patientId}}"),
        @CdsServicePrefetch(value = "activeCoverage", query = "Coverage?patient={{context.patientId}}&status=active&_include=Coverage:payor")
      })
  public CdsServiceResponseJson sign(CdsServiceRequestJson request) {
    return answer(request, (Bundle) request.getContext().getResource("draftOrders"));
  }

  @CdsService(value = "book", hook = "appointment-book", title = "Coverage of appointments", description = "Says which appointments are covered.", allowAutoFhirClientPrefetch = true,
      prefetch = {
        @CdsServicePrefetch(value = "thePatient", query = "Patient/{{context.patientId}}"),
        @CdsServicePrefetch(value = "activeCoverage", query = "Coverage?patient={{context.patientId}}&status=active&_include=Coverage:payor")
      })
  public CdsServiceResponseJson book(CdsServiceRequestJson request) {
    return answer(request, (Bundle) request.getContext().getResource("appointments"));
  }

  private static CdsServiceResponseJson answer(CdsServiceRequestJson request, Bundle subjects) {
    CdsServiceResponseJson response = new CdsServiceResponseJson();
    Patient patient = (Patient) request.getPrefetch("thePatient");
    Coverage coverage = coverage(request.getPrefetch("activeCoverage"));
    boolean known = patient != null && coverage != null && members.contains(coverage.getSubscriberId());
    for (Bundle.BundleEntryComponent entry : subjects.getEntry()) {
      DomainResource subject = (DomainResource) entry.getResource();
      if (known && subject.getExtensionsByUrl(INFORMATION).isEmpty()) response.addServiceAction(covered(subject, coverage));
    }
    if (!known) response.addCard(card("No coverage of this patient is known to the payer."));
    return response;
  }

  private static Coverage coverage(IBaseResource found) {
    if (!(found instanceof Bundle bundle)) return null;
    List<Coverage> all = BundleUtil.toListOfResourcesOfType(FhirContext.forR4Cached(), bundle, Coverage.class);
    return all.isEmpty() ? null : all.get(0);
  }

  private static CdsServiceResponseSystemActionJson covered(DomainResource subject, Coverage coverage) {
    Extension information = new Extension(INFORMATION);
    information.addExtension("coverage", new Reference("Coverage/" + coverage.getIdElement().getIdPart()));
    information.addExtension("covered", new CodeType("covered"));
    information.addExtension("pa-needed", new CodeType("no-auth"));
    information.addExtension("date", new DateType(LocalDate.now().toString()));
    information.addExtension("coverage-assertion-id", new StringType(UUID.nameUUIDFromBytes((coverage.getSubscriberId() + subject.getIdElement().getIdPart()).getBytes()).toString()));
    subject.addExtension(information);
    CdsServiceResponseSystemActionJson action = new CdsServiceResponseSystemActionJson();
    return action.setType("update").setDescription("Coverage of this order").setResource(subject);
  }

  private static CdsServiceResponseCardJson card(String summary) {
    CdsServiceResponseCardSourceJson source = new CdsServiceResponseCardSourceJson();
    CdsServiceResponseCodingJson topic = new CdsServiceResponseCodingJson();
    topic.setSystem("http://terminology.hl7.org/CodeSystem/cdshooks-card-type").setCode("clinical-reminder").setDisplay("Clinical Reminder");
    source.setLabel("Small Plan").setTopic(topic);
    CdsServiceResponseCardJson card = new CdsServiceResponseCardJson();
    return card.setUuid(UUID.randomUUID().toString()).setSummary(summary).setIndicator(CdsServiceIndicatorEnum.INFO).setSource(source);
  }
}
