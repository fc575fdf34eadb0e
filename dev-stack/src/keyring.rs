//! What it takes to sign in: passwords, and certificates for 127.0.0.1, each made once and kept in a folder of its owner's.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::private_file::write_private;
use crate::random;

/// Who manages Kafka, and may do everything there.
pub const ADMIN: &str = "admin";
/// Who makes the topics, and owns the database.
pub const MIGRATIONS: &str = "migrations";
/// The services, by the names with which they sign in to Kafka and Postgres.
pub const SERVICES: [&str; 4] = ["voters-frontend", "votes-register", "votes-aggregator", "production-frontend"];
/// The database that [`MIGRATIONS`] owns.
pub const DATABASE: &str = "voting";
/// The name in the certificate by which the broker knows itself.
pub(crate) const BROKER: &str = "broker";

const PASSWORD_BYTES: usize = 24;

/// A folder of passwords and certificates.
#[derive(Clone, Debug)]
pub struct Keyring {
    dir: PathBuf,
}

impl Keyring {
    /// The one in `dir`, made if it isn't there.
    pub fn open(dir: &Path) -> Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let keyring = Self { dir: dir.to_owned() };
        // Written last, so that what was cut short is made again.
        if !keyring.ca().exists() {
            keyring.make_certificates().context("the certificates can't be made")?;
        }
        Ok(keyring)
    }

    /// PEM file of the certificate that vouches for Kafka and Postgres.
    pub fn ca(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// Their own certificate, in PEM.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.dir.join("server.crt")
    }

    /// Its key, in PEM.
    pub(crate) fn key(&self) -> PathBuf {
        self.dir.join("server.key")
    }

    /// Both in one file, as Kafka wants them.
    pub(crate) fn key_and_certificate(&self) -> PathBuf {
        self.dir.join("server.pem")
    }

    /// The password of `who`; the same each time.
    pub fn password(&self, who: &str) -> Result<String> {
        let path = self.password_file(who);
        if !path.exists() {
            let hex: String = random::bytes::<PASSWORD_BYTES>()?.iter().map(|byte| format!("{byte:02x}")).collect();
            write_private(&path, &hex)?;
        }
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn password_file(&self, who: &str) -> PathBuf {
        self.dir.join(format!("{who}.password"))
    }

    /// What the process of `who` is told so that it signs in as itself, Postgres being at `postgres_port`. Secrets are in files.
    pub fn variables(&self, who: &str, postgres_port: u16) -> Result<Vec<(&'static str, String)>> {
        let password = self.password(who)?;
        let url = self.dir.join(format!("{who}.database-url"));
        write_private(&url, &format!("postgres://{who}:{password}@127.0.0.1:{postgres_port}/{DATABASE}\n"))?;
        let path = |path: PathBuf| path.display().to_string();
        Ok(vec![
            ("KAFKA_USER", who.to_owned()),
            ("KAFKA_PASSWORD_FILE", path(self.password_file(who))),
            ("KAFKA_CA", path(self.ca())),
            ("DATABASE_URL_FILE", path(url)),
            ("DATABASE_CA", path(self.ca())),
        ])
    }

    /// An authority that vouches for one certificate, and whose key nobody keeps.
    fn make_certificates(&self) -> Result<()> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name = named("voting on this machine");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca_certificate = ca.self_signed(&ca_key)?;

        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        server.distinguished_name = named(BROKER);
        let certificate = server.signed_by(&key, &Issuer::new(ca, ca_key))?;

        let (key, certificate) = (key.serialize_pem(), certificate.pem());
        write_private(&self.key(), &key)?;
        write_private(&self.certificate(), &certificate)?;
        write_private(&self.key_and_certificate(), &format!("{key}{certificate}"))?;
        write_private(&self.ca(), &ca_certificate.pem())
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn everything_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("keys");
        let keyring = Keyring::open(&dir).unwrap();
        let (ca, password) = (fs::read(keyring.ca()).unwrap(), keyring.password("ana").unwrap());
        keyring.variables("ana", 1).unwrap();

        let again = Keyring::open(&dir).unwrap();
        assert_eq!(fs::read(again.ca()).unwrap(), ca);
        assert_eq!(again.password("ana").unwrap(), password);
        assert_ne!(again.password("bia").unwrap(), password);
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        for file in fs::read_dir(&dir).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
    }

    #[test]
    fn no_secret_stands_among_the_variables() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(folder.path()).unwrap();
        let password = keyring.password("ana").unwrap();
        let variables = keyring.variables("ana", 5432).unwrap();
        assert!(variables.iter().all(|(_, value)| !value.contains(&password)), "{variables:?}");
        let url = &variables.iter().find(|(name, _)| *name == "DATABASE_URL_FILE").unwrap().1;
        assert_eq!(fs::read_to_string(url).unwrap(), format!("postgres://ana:{password}@127.0.0.1:5432/voting\n"));
    }
}
