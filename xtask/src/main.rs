//! The developer's tasks: `cargo xtask up`, `down`, `reset`, `test` and a few more.

mod attack;
mod backends;
mod bench;
mod chaos;
mod coverage;
mod demo;
mod folder;
mod http;
mod interrupt;
mod jars;
mod lock;
mod manifests;
mod provision;
mod run;
mod say;
mod screenshots;
mod secrets;
mod services;
mod simulate;
mod sqlx;
mod steps;
mod supply_chain;
mod teardown;
mod test;
mod tools;
mod toxiproxy;
mod up;
mod validators;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The developer's tasks of the voting platform.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Start everything on this machine and say where to vote.
    Up(up::UpArguments),
    /// Check the format, the lints and all tests.
    Test,
    /// Check what is deployed: manifests, image, alerts.
    Manifests,
    /// Run the register's core through simulated faults, each seed a history of its own.
    Simulate(simulate::SimulateArguments),
    /// Measure how fast it is, beside what it is compared with.
    Bench(bench::BenchArguments),
    /// Break the whole system on purpose while votes flow, and check that none is lost or counted twice.
    Chaos(chaos::ChaosArguments),
    /// Attack both frontends from outside while voters vote, and check that they bear it.
    Attack(attack::AttackArguments),
    /// Take pictures of the screens, for the README.
    Screenshots,
    /// Measure how many lines the tests run.
    Coverage,
    /// Start only Kafka and Postgres, and print the variables that tests need.
    DevServices,
    /// Refresh what the compiler knows of the database, in .sqlx.
    SqlxPrepare,
    /// Check the licences, versions and sources of what we depend on.
    Deny(supply_chain::DenyArguments),
    /// Write what each service is made of.
    Sbom,
    /// Stop whatever is running.
    Down,
    /// Stop whatever is running and forget all its data.
    Reset,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match interrupt::listen().and_then(|()| run_task(&arguments.task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run_task(task: &Task) -> Result<()> {
    match task {
        Task::Up(arguments) => up::up(arguments),
        Task::Test => test::test(),
        Task::Manifests => provision::for_manifests().and_then(|()| manifests::check()),
        Task::Simulate(arguments) => simulate::simulate(arguments),
        Task::Bench(arguments) => bench::bench(arguments),
        Task::Chaos(arguments) => chaos::chaos(arguments),
        Task::Attack(arguments) => attack::attack(arguments),
        Task::Screenshots => screenshots::screenshots(),
        Task::Coverage => coverage::coverage(),
        Task::DevServices => backends::dev_services(),
        Task::SqlxPrepare => sqlx::prepare(),
        Task::Deny(arguments) => supply_chain::deny(arguments),
        Task::Sbom => supply_chain::sbom(),
        Task::Down => teardown::down(),
        Task::Reset => teardown::reset(),
    }
}
