//! The picture that goes with a paredão's address when somebody shares it.
//!
//! A [`Scene`] says what is to be seen, [`draw()`] makes a JPEG of it, and [`SharePictures`] keeps what was drawn: a picture
//! costs work when its paredão changes, however many ask for it.

mod draw;
mod grid;
mod pictures;
mod scene;
mod text;

pub use draw::{DrawError, draw};
pub use pictures::{NUMBERS_KEPT, NoPicture, SharePicture, SharePictures};
pub use scene::{Face, Person, Scene};

/// The picture's width in pixels: as networks ask for it.
pub const WIDTH_PX: u16 = 1200;
/// The picture's height in pixels.
pub const HEIGHT_PX: u16 = 630;
