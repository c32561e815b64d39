package peer;

import ca.uhn.fhir.batch2.api.IJobMaintenanceService;
import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import jakarta.persistence.EntityManagerFactory;
import java.util.Map;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.transaction.annotation.EnableTransactionManagement;

/** HAPI's JPA storage with its batch jobs over H2 in memory, in the way its documentation shows. */
@Configuration
@EnableTransactionManagement
@Import({JpaR4Config.class, HapiJpaConfig.class, SubscriptionChannelConfig.class, JpaBatch2Config.class, Batch2JobsConfig.class, ThreadPoolFactoryConfig.class})
public class Storage {
  @Bean
  static JpaStorageSettings settings() {
    JpaStorageSettings settings = new JpaStorageSettings();
    settings.setEnforceReferentialIntegrityOnWrite(false);
    return settings;
  }

  @Bean
  static SubscriptionSettings subscriptions() {
    return new SubscriptionSettings();
  }

  @Bean
  static PartitionSettings partitions() {
    return new PartitionSettings();
  }

  @Bean
  static DataSource database() {
    JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:peer;DB_CLOSE_DELAY=-1", "sa", "");
    pool.setMaxConnections(40);
    return pool;
  }

  @Bean
  @Primary
  static LocalContainerEntityManagerFactoryBean entityManagerFactory(ConfigurableListableBeanFactory beans, FhirContext context, JpaStorageSettings settings, DataSource database) {
    LocalContainerEntityManagerFactoryBean factory = HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, context, settings);
    factory.setPersistenceUnitName("peer");
    factory.setDataSource(database);
    factory.setJpaPropertyMap(Map.of("hibernate.dialect", HapiFhirH2Dialect.class.getName(), "hibernate.hbm2ddl.auto", "create", "hibernate.search.enabled", "false", "hibernate.jdbc.batch_size", "50"));
    return factory;
  }

  @Bean
  @Primary
  static JpaTransactionManager transactionManager(EntityManagerFactory factory) {
    return new JpaTransactionManager(factory);
  }

  /** HAPI looks after its jobs once a minute; a test has no minute. */
  static void hurry(IJobMaintenanceService jobs) {
    Thread thread = new Thread(() -> {
      while (true) {
        try {
          Thread.sleep(250);
          jobs.runMaintenancePass();
        } catch (InterruptedException stop) {
          return;
        } catch (RuntimeException busy) {
          // A pass of its own schedule is under way.
        }
      }
    });
    thread.setDaemon(true);
    thread.start();
  }
}
