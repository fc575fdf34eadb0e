//! `cargo xtask up`: from a fresh clone to a vote in the browser.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use dev_stack::daemon::Daemon;
use dev_stack::private_file::write_private;

use crate::backends::Backends;
use crate::secrets::Secrets;
use crate::services::{self, Captcha, NAMES, PRODUCTION_URL, Service, VOTERS_URL};
use crate::{demo, folder, interrupt, lock, provision, run, say, teardown};

const PARTITIONS: &str = "12";
const PRODUCTION_USER: &str = "producao";
const TOKEN_NAME: &str = "dev";
/// How often a stack in the foreground is looked after.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);

/// How the stack is started.
#[derive(Args)]
pub(crate) struct UpArguments {
    /// Return once everything is ready; `cargo xtask down` stops it
    #[arg(long)]
    detach: bool,
    /// What voters have to solve
    #[arg(long, value_enum, default_value_t = Captcha::Altcha)]
    captcha: Captcha,
    /// Build the services optimised
    #[arg(long)]
    release: bool,
    /// Have each service sign in to Kafka and Postgres as itself, over TLS, with no more rights than it needs; with data of its own
    #[arg(long)]
    secure: bool,
}

/// Starts what is not running yet; in the foreground, stays until Ctrl-C and then stops it all.
pub(crate) fn up(arguments: &UpArguments) -> Result<()> {
    let lock = lock::take("stack")?;
    let ran_before = teardown::running()?;
    let was_up = NAMES.iter().all(|name| ran_before.iter().any(|ran| ran == name));
    if was_up {
        say::note("already up: only what has changed is started anew");
    }
    if let Err(error) = start(arguments, &ran_before) {
        // Half a stack is of no use, but what ran before is not ours to stop.
        teardown::stop_all_but(&ran_before)?;
        return Err(error);
    }
    drop(lock);
    if arguments.detach || was_up {
        return Ok(());
    }
    stay()
}

fn start(arguments: &UpArguments, ran_before: &[String]) -> Result<()> {
    let backends = if arguments.secure { Backends::guarded()? } else { Backends::from_env() };
    let mut secrets = Secrets::load()?;
    let services = services::all(&backends, &mut secrets, arguments.captcha)?;
    // A port that is taken shows before the build, which takes minutes.
    backends.check(ran_before)?;
    for service in &services {
        service.check_ports()?;
    }
    provision::for_up()?;
    build(arguments.release)?;
    let programs = folder::programs(arguments.release)?;
    backends.start()?;
    let [production, register, _, _] = &services;
    say::step("topic and tables", || {
        let variables = backends.migration_variables()?;
        let mut topic = register.command(&programs, &["create-topic", "--partitions", PARTITIONS]);
        run::output_of(topic.envs(variables.clone()))?;
        run::output_of(production.command(&programs, &["migrate"]).envs(variables))
    })?;
    for service in &services {
        service.start(&programs)?;
    }
    let token = sign_in(production, &programs, &mut secrets)?;
    let demo = say::step("demonstration", || demo::ensure(&token))?;
    write_env(&backends, &token, &demo)?;
    announce(&demo, &secrets.production_password()?);
    Ok(())
}

fn build(release: bool) -> Result<()> {
    say::step("building the services (the first time takes some minutes)", || {
        let mut arguments = vec!["build"];
        for name in NAMES {
            arguments.extend(["--package", name]);
        }
        if release {
            arguments.push("--release");
        }
        run::run(run::cargo(&arguments).env("SQLX_OFFLINE", "true"))
    })
}

/// Sees to it that there is a user and a token; with a database of yesterday both are there.
fn sign_in(production: &Service, programs: &Path, secrets: &mut Secrets) -> Result<String> {
    if let Some(token) = secrets.production_token()
        && demo::is_token_good(token)?
    {
        return Ok(token.to_owned());
    }
    let password = secrets.production_password()?;
    say::step("production's user and token", || {
        let mut user = production.command(programs, &["user", "add", "--name", PRODUCTION_USER]);
        run::feed(user.stdout(Stdio::null()), &format!("{password}\n"))?;
        let mut token = production.command(programs, &["token", "add", "--name", TOKEN_NAME]);
        let token = run::output_of(&mut token)?.trim().to_owned();
        secrets.set_production_token(token.clone())?;
        Ok(token)
    })
}

fn write_env(backends: &Backends, token: &str, demo: &str) -> Result<()> {
    let addresses = [
        ("VOTERS_URL", VOTERS_URL),
        ("PRODUCTION_URL", PRODUCTION_URL),
        ("PRODUCTION_TOKEN", token),
        ("DEMO_PAREDAO", demo),
    ];
    // Operators' commands are the register's.
    let backends = backends.variables("votes-register")?;
    let backends = backends.iter().map(|(name, value)| (*name, value.as_str()));
    // Of a stack that asked for more or less to sign in nothing must be left.
    let unset = "unset DATABASE_URL DATABASE_URL_FILE DATABASE_CA KAFKA_USER KAFKA_PASSWORD_FILE KAFKA_CA\n".to_owned();
    let lines = addresses.into_iter().chain(backends).map(|(name, value)| format!("export {name}={}\n", quoted(value)));
    write_private(&folder::dev().join("env"), &(unset + &lines.collect::<String>()))
}

/// A word that a shell takes as it is.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn announce(demo: &str, password: &str) {
    println!("voters      {VOTERS_URL}/paredoes/{demo}");
    println!("production  {PRODUCTION_URL}  sign in as {PRODUCTION_USER} with {password}");
    println!("shell       . .dev/env");
    println!("logs        .dev/log");
    println!("ready");
}

/// Looks after the stack until Ctrl-C, or until somebody else has stopped it.
fn stay() -> Result<()> {
    say::note("Ctrl-C stops everything");
    let mut reported = BTreeSet::new();
    loop {
        if interrupt::asked() {
            return teardown::stop_all();
        }
        if teardown::names()?.is_empty() {
            say::note("stopped from elsewhere");
            return Ok(());
        }
        for name in NAMES.into_iter().chain(["kafka", "postgres"]) {
            report_if_ended(name, &mut reported)?;
        }
        thread::sleep(WATCH_INTERVAL);
    }
}

fn report_if_ended(name: &'static str, reported: &mut BTreeSet<&'static str>) -> Result<()> {
    let (log, pidfile) = (folder::log(name), folder::pidfile(name));
    if !pidfile.exists() {
        return Ok(());
    }
    match Daemon::find(name, &log, &pidfile)? {
        Some(_) => {
            reported.remove(name);
        }
        None if reported.insert(name) => {
            say::note(&format!("{name} has ended by itself; see {}", log.display()));
        }
        None => {}
    }
    Ok(())
}
