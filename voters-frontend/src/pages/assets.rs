//! Scripts and styles, served from memory.
//!
//! They lie in a folder that is named by all that is in it: a browser may keep them for a year, and a module that imports
//! its neighbour never gets one of another release.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Router;
use memory_serve::{CacheControl, MemoryServe};

/// The folder's address.
pub fn folder() -> String {
    let manifest = files().enable_hashed_routes(true).manifest();
    let mut names: Vec<&str> = manifest.iter().map(|(_, name)| name).collect();
    names.sort_unstable();
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    format!("/assets/{:016x}", hasher.finish())
}

/// Serves what lies in [`folder`].
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().nest(&folder(), files().into_router())
}

fn files() -> MemoryServe {
    memory_serve::load!().index_file(None).cache_control(CacheControl::Long)
}
