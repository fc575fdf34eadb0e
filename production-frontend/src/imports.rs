//! Imports: files of votes that production lets count without ballots.
//!
//! Registering one is all that happens here: `load-test import` writes its lines to the topic, and registers count them.

pub(crate) mod api;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How far all imports of a paredão are. How many lines their files have isn't known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportProgress {
    /// How many there are.
    pub imports: i64,
    /// How many of them were never begun.
    pub not_begun: i64,
    /// How many of their lines registers have counted.
    pub counted: i64,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportView {
    /// Its number, which its records carry.
    pub id: i32,
    /// The paredão that its votes count in.
    pub paredao: String,
    /// That paredão's number, which its records carry too.
    pub paredao_id: i32,
    /// What it is, in production's words.
    pub what: String,
    /// Over how many partitions its lines are spread; unset until it is first begun.
    pub partitions: Option<i32>,
    /// The SHA-256 of its file, in hexadecimal; unset until it is first begun.
    pub file_sha256: Option<String>,
    /// How many of its lines registers have counted.
    pub counted: i64,
    /// Who registered it.
    pub registered_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Timestamp,
    /// When it was first begun, which no vote of it may be after; unset until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub begun_at: Option<Timestamp>,
}
