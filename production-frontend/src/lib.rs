//! The production team's frontend: making, opening and closing paredões, and exact totals, as pages and as an API.
//!
//! [`app`] puts the routes together. Each subject owns its views, SQL and API handlers: [`paredao`], [`totals`],
//! [`standing`], [`live`], [`dead_letters`], [`pipeline`], [`reconciliation`]; `pages` renders those same views. `auth` says who may ask,
//! [`error`] what an answer looks like when something is wrong, `language` in which language it is given.

pub mod account;
mod app;
pub mod audit;
mod auth;
pub mod commands;
pub mod dead_letters;
mod error;
pub mod finality;
pub mod imports;
mod instant;
mod language;
pub mod live;
mod measures;
mod name;
mod openapi;
mod pages;
pub mod paredao;
mod photo_route;
pub mod pipeline;
pub mod publication;
pub mod reconciliation;
mod request_metrics;
mod snapshot;
pub mod standing;
pub mod tokens;
pub mod totals;
pub mod users;
mod watch_postgres;

pub use app::{Listeners, Options, run};
pub use auth::role::Role;
