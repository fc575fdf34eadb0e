//! How a service reaches Kafka and Postgres, serves HTTP, is watched and is stopped.

pub mod admin;
pub mod failure;
pub mod http;
pub mod kafka;
pub mod postgres;
pub mod shutdown;
pub mod telemetry;
