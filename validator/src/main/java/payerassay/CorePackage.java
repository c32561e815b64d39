package payerassay;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipFile;
import org.hl7.fhir.r4.formats.IParser.OutputStyle;
import org.hl7.fhir.r4.formats.JsonParser;
import org.hl7.fhir.r4.formats.XmlParser;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;

/**
 * Builds the package hl7.fhir.r4.core#4.0.1, which the engine insists on and no general package registry serves,
 * from the definitions that HAPI publishes on Maven Central. Takes about a minute, once.
 */
final class CorePackage {
  private static final String ROOT = "org/hl7/fhir/r4/model/";
  private static final String[] BUNDLES = {
    "profile/profiles-types.xml", "profile/profiles-resources.xml", "profile/profiles-others.xml",
    "extension/extension-definitions.xml", "valueset/valuesets.xml", "valueset/v2-tables.xml", "valueset/v3-codesystems.xml",
  };
  private static final String MANIFEST =
      "{\"name\":\"hl7.fhir.r4.core\",\"version\":\"4.0.1\",\"fhirVersions\":[\"4.0.1\"],\"type\":\"fhir.core\","
          + "\"license\":\"CC0-1.0\",\"canonical\":\"http://hl7.org/fhir\",\"url\":\"http://hl7.org/fhir/R4\","
          + "\"title\":\"FHIR R4, rebuilt from hapi-fhir-validation-resources-r4\",\"dependencies\":{}}";

  private CorePackage() {}

  /** Leaves a finished package alone; a half-built one never bears the final name. */
  static void ensure(Path packages, Path resources) throws IOException {
    Path target = packages.resolve("hl7.fhir.r4.core#4.0.1");
    if (Files.exists(target.resolve("package/package.json"))) return;
    System.err.println("Building hl7.fhir.r4.core#4.0.1, once: about a minute.");
    Path draft = Files.createTempDirectory(packages, "building-");
    Path folder = Files.createDirectories(draft.resolve("package"));
    try (ZipFile jar = new ZipFile(resources.toFile())) {
      for (String name : BUNDLES) {
        try (InputStream in = jar.getInputStream(jar.getEntry(ROOT + name))) {
          unpack((Bundle) new XmlParser().parse(in), folder);
        }
      }
      try (InputStream in = jar.getInputStream(jar.getEntry(ROOT + "sp/search-parameters.json"))) {
        unpack((Bundle) new JsonParser().parse(in), folder);
      }
    }
    Files.writeString(folder.resolve("package.json"), MANIFEST, StandardCharsets.UTF_8);
    Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void unpack(Bundle bundle, Path folder) throws IOException {
    JsonParser json = new JsonParser();
    json.setOutputStyle(OutputStyle.NORMAL);
    for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
      Resource resource = entry.getResource();
      if (resource == null || !resource.hasId()) continue;
      String id = resource.getIdElement().getIdPart();
      Files.write(folder.resolve(resource.fhirType() + "-" + id + ".json"), json.composeBytes(resource));
    }
  }
}
