//! The faults. Each strikes, proves from outside that it did, and undoes what won't heal by itself.

mod brokers;
mod clocks;
mod freeze;
mod kill;
mod network;
mod poison;
mod postgres;
mod terminate;

use anyhow::Result;

use crate::services::Kind;
use crate::world::World;

/// What can be done to the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    KillFrontend,
    KillRegister,
    KillAggregator,
    KillPostgres,
    KillLeaderBroker,
    FreezeFrontend,
    FreezeRegister,
    FreezeAggregator,
    FreezeBroker,
    FreezePostgres,
    TerminateFrontend,
    TerminateRegister,
    TerminateAggregator,
    RestartBrokersInTurn,
    RestartAllBrokers,
    RestartPostgres,
    EndBackends,
    FailOverPostgres,
    CutBroker,
    DelayBrokers,
    CutPostgres,
    SlowPostgres,
    LockPostgres,
    PoisonRecords,
    SkewClocks,
    BreakClock,
}

impl Fault {
    /// All of them.
    pub(crate) const ALL: [Self; 26] = [
        Self::KillFrontend,
        Self::KillRegister,
        Self::KillAggregator,
        Self::KillPostgres,
        Self::KillLeaderBroker,
        Self::FreezeFrontend,
        Self::FreezeRegister,
        Self::FreezeAggregator,
        Self::FreezeBroker,
        Self::FreezePostgres,
        Self::TerminateFrontend,
        Self::TerminateRegister,
        Self::TerminateAggregator,
        Self::RestartBrokersInTurn,
        Self::RestartAllBrokers,
        Self::RestartPostgres,
        Self::EndBackends,
        Self::FailOverPostgres,
        Self::CutBroker,
        Self::DelayBrokers,
        Self::CutPostgres,
        Self::SlowPostgres,
        Self::LockPostgres,
        Self::PoisonRecords,
        Self::SkewClocks,
        Self::BreakClock,
    ];

    /// Those that are over soon and between them hurt every part: for short runs.
    pub(crate) const SHORT: [Self; 8] = [
        Self::KillRegister,
        Self::KillFrontend,
        Self::KillLeaderBroker,
        Self::FailOverPostgres,
        Self::FreezeRegister,
        Self::CutPostgres,
        Self::EndBackends,
        Self::PoisonRecords,
    ];

    /// Its name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KillFrontend => "kill -9 a frontend",
            Self::KillRegister => "kill -9 a register",
            Self::KillAggregator => "kill -9 the aggregator",
            Self::KillPostgres => "kill -9 Postgres",
            Self::KillLeaderBroker => "kill -9 the leading broker",
            Self::FreezeFrontend => "freeze a frontend",
            Self::FreezeRegister => "freeze a register",
            Self::FreezeAggregator => "freeze the aggregator",
            Self::FreezeBroker => "freeze the leading broker",
            Self::FreezePostgres => "freeze Postgres",
            Self::TerminateFrontend => "SIGTERM to a frontend",
            Self::TerminateRegister => "SIGTERM to a register",
            Self::TerminateAggregator => "SIGTERM to the aggregator",
            Self::RestartBrokersInTurn => "rolling broker restart",
            Self::RestartAllBrokers => "total broker restart",
            Self::RestartPostgres => "Postgres immediate restart",
            Self::EndBackends => "end Postgres backends",
            Self::FailOverPostgres => "Postgres failover",
            Self::CutBroker => "cut off a broker",
            Self::DelayBrokers => "slow network to Kafka",
            Self::CutPostgres => "cut off Postgres",
            Self::SlowPostgres => "slow Postgres",
            Self::LockPostgres => "locked Postgres",
            Self::PoisonRecords => "poison records",
            Self::SkewClocks => "clock skew in tolerance",
            Self::BreakClock => "clock skew past tolerance",
        }
    }

    /// About how long it takes with its healing, in seconds.
    pub(crate) fn seconds(self) -> u64 {
        match self {
            Self::RestartBrokersInTurn => 50,
            Self::RestartAllBrokers => 30,
            Self::FailOverPostgres
            | Self::KillLeaderBroker
            | Self::FreezeRegister
            | Self::FreezeBroker
            | Self::SkewClocks
            | Self::BreakClock
            | Self::CutBroker
            | Self::CutPostgres => 20,
            _ => 12,
        }
    }

    /// Strikes; what proves that it did.
    pub(crate) async fn strike(self, world: &mut World, rng: &mut fastrand::Rng) -> Result<String> {
        match self {
            Self::KillFrontend => kill::service(world, Kind::Frontend, rng).await,
            Self::KillRegister => kill::service(world, Kind::Register, rng).await,
            Self::KillAggregator => kill::service(world, Kind::Aggregator, rng).await,
            Self::KillPostgres => kill::postgres(world).await,
            Self::KillLeaderBroker => brokers::kill_leader(world).await,
            Self::FreezeFrontend => freeze::service(world, Kind::Frontend, rng).await,
            Self::FreezeRegister => freeze::register(world, rng).await,
            Self::FreezeAggregator => freeze::service(world, Kind::Aggregator, rng).await,
            Self::FreezeBroker => freeze::broker(world).await,
            Self::FreezePostgres => freeze::postgres(world).await,
            Self::TerminateFrontend => terminate::service(world, Kind::Frontend, rng).await,
            Self::TerminateRegister => terminate::service(world, Kind::Register, rng).await,
            Self::TerminateAggregator => terminate::service(world, Kind::Aggregator, rng).await,
            Self::RestartBrokersInTurn => brokers::restart_in_turn(world, rng).await,
            Self::RestartAllBrokers => brokers::restart_all(world).await,
            Self::RestartPostgres => postgres::restart(world).await,
            Self::EndBackends => postgres::end_backends(world).await,
            Self::FailOverPostgres => postgres::fail_over(world).await,
            Self::CutBroker => network::cut_broker(world).await,
            Self::DelayBrokers => network::delay_brokers(world).await,
            Self::CutPostgres => network::cut_postgres(world, rng).await,
            Self::SlowPostgres => network::slow_postgres(world).await,
            Self::LockPostgres => postgres::lock(world).await,
            Self::PoisonRecords => poison::records(world, rng).await,
            Self::SkewClocks => clocks::skew(world, rng).await,
            Self::BreakClock => clocks::break_one(world, rng).await,
        }
    }
}
