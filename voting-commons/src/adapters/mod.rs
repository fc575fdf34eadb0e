//! How a service reaches Kafka and Postgres, serves HTTP, is watched, is stopped, and what it
//! says.

pub mod admin;
pub mod edge;
pub mod failure;
pub mod http;
pub mod kafka;
pub mod postgres;
pub mod secret;
pub mod shutdown;
pub mod telemetry;
pub mod texts;
pub mod traces;
