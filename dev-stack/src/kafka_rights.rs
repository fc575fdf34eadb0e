//! Who may do what in Kafka: `docs/access.md` says it too, and so do Strimzi's users in `k8s/components/strimzi`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::keyring::{ADMIN, Keyring, MIGRATIONS};
use crate::private_file::write_private;

/// Something that one user may do. Reading and writing a topic includes asking about it.
#[derive(Debug)]
pub(crate) struct Right {
    user: &'static str,
    operation: &'static str,
    topics: &'static [&'static str],
    groups: &'static [&'static str],
}

/// All that anybody but the broker and its manager may do.
pub(crate) const RIGHTS: [Right; 5] = [
    Right { user: "voters-frontend", operation: "Write", topics: &["votes", "votes-accounts"], groups: &[] },
    Right {
        user: "votes-register",
        operation: "Read",
        topics: &["votes"],
        // The second one is for looking things up: nothing is committed to it.
        groups: &["votes-register", "votes-register-reader"],
    },
    // It refuses a topic that brokers don't stamp.
    Right { user: "votes-register", operation: "DescribeConfigs", topics: &["votes"], groups: &[] },
    Right {
        user: "votes-aggregator",
        operation: "Read",
        topics: &["votes", "votes-accounts"],
        groups: &["votes-reconciliation"],
    },
    Right { user: MIGRATIONS, operation: "Create", topics: &["votes", "votes-accounts"], groups: &[] },
];

/// Who signs in at all.
pub(crate) fn users() -> Vec<&'static str> {
    let mut users: Vec<_> = [ADMIN].into_iter().chain(RIGHTS.iter().map(|right| right.user)).collect();
    users.dedup();
    users
}

/// Gives everybody their rights on the broker at `brokers`, once; `java` is the broker's own command with its folder and jars.
pub(crate) fn grant(java: impl Fn() -> Command, dir: &Path, brokers: &str, keyring: &Keyring) -> Result<()> {
    let granted = dir.join("granted");
    let wanted = format!("{RIGHTS:?}");
    if fs::read_to_string(&granted).is_ok_and(|granted| granted == wanted) {
        return Ok(());
    }
    write_private(&dir.join("admin.properties"), &admin_properties(keyring)?)?;
    let mut children = Vec::new();
    for right in &RIGHTS {
        let mut command = java();
        command
            .args(["org.apache.kafka.tools.AclCommand", "--bootstrap-server", brokers])
            .args(["--command-config", "admin.properties", "--add", "--allow-principal"])
            .arg(format!("User:{}", right.user))
            .args(["--operation", right.operation]);
        command.args(right.topics.iter().flat_map(|topic| ["--topic", topic]));
        command.args(right.groups.iter().flat_map(|group| ["--group", group]));
        // Each is a JVM, most of whose time goes into starting: all at once.
        children.push(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?);
    }
    for child in children {
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!(
                "Kafka refused to give a right: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    fs::write(granted, wanted)?;
    Ok(())
}

/// How the manager's programs sign in.
fn admin_properties(keyring: &Keyring) -> Result<String> {
    Ok(format!(
        "\
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config={}
ssl.truststore.type=PEM
ssl.truststore.location={}
",
        sign_in(keyring)?,
        keyring.ca().display()
    ))
}

/// How the manager signs in, in Kafka's own words.
pub(crate) fn sign_in(keyring: &Keyring) -> Result<String> {
    let password = keyring.password(ADMIN)?;
    Ok(format!(
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{ADMIN}\" password=\"{password}\";"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../docs/access.md");

    #[test]
    fn the_document_says_the_same() {
        let names = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        for Right { user, operation, topics, groups } in &RIGHTS {
            let row = format!("| `{user}` | {operation} | {} | {} |", names(topics), names(groups));
            assert!(DOCUMENT.contains(&row), "docs/access.md lacks {row}");
        }
    }
}
