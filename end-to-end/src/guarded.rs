//! A Kafka and a Postgres where everybody signs in over TLS and may do no more than it must, as `cargo xtask up --secure` has them.

use dev_stack::kafka::Kafka;
use dev_stack::keyring::{DATABASE, Keyring};
use dev_stack::postgres::Postgres;
use voting_commons::adapters::kafka::{KafkaArgs, KafkaSignIn};
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::secret::Secret;

/// A broker of a test's own.
pub struct GuardedKafka {
    kafka: Kafka,
    keyring: Keyring,
}

impl GuardedKafka {
    /// Starts it.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start(keyring: &Keyring) -> Self {
        Self { kafka: Kafka::temporary_guarded(keyring).expect("Kafka starts"), keyring: keyring.clone() }
    }

    /// As somebody tries to reach it who doesn't sign in.
    pub fn as_stranger(&self) -> KafkaArgs {
        KafkaArgs::open(self.kafka.brokers(), "votes".to_owned())
    }

    /// As `user` reaches it with `password`.
    pub fn with(&self, user: &str, password: &str) -> KafkaArgs {
        let sign_in = KafkaSignIn {
            kafka_user: Some(user.to_owned()),
            kafka_password: Some(Secret::from(password.to_owned())),
            kafka_ca: Some(self.keyring.ca()),
        };
        KafkaArgs { sign_in, ..self.as_stranger() }
    }

    /// As `user` reaches it.
    ///
    /// # Panics
    /// When the password can't be read.
    pub fn as_user(&self, user: &str) -> KafkaArgs {
        self.with(user, &self.keyring.password(user).expect("the keyring has a password"))
    }
}

/// A server of a test's own, with a role for each service and their database.
pub struct GuardedPostgres {
    postgres: Postgres,
    keyring: Keyring,
}

impl GuardedPostgres {
    /// Starts it.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start(keyring: &Keyring) -> Self {
        let postgres = Postgres::temporary_guarded(keyring).expect("Postgres starts");
        postgres.create_guarded_database(keyring).expect("Postgres makes roles and a database");
        Self { postgres, keyring: keyring.clone() }
    }

    /// The database, as `role` reaches it with `password`.
    pub fn with(&self, role: &str, password: &str) -> PostgresArgs {
        let port = self.postgres.port();
        PostgresArgs {
            database_url: format!("postgres://{role}:{password}@127.0.0.1:{port}/{DATABASE}"),
            database_ca: Some(self.keyring.ca()),
        }
    }

    /// The database, as `role` reaches it.
    ///
    /// # Panics
    /// When the password can't be read.
    pub fn as_role(&self, role: &str) -> PostgresArgs {
        self.with(role, &self.keyring.password(role).expect("the keyring has a password"))
    }

    /// What a service needs to sign in as itself, and where.
    pub(crate) fn keyring(&self) -> (Keyring, u16) {
        (self.keyring.clone(), self.postgres.port())
    }
}
