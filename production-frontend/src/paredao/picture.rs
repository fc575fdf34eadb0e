//! Pictures as they come, made into pictures we can serve: square, small, upright, without what cameras write into them.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, Rgba, RgbaImage};
use sha2::{Digest, Sha256};

/// The largest picture that is taken in, in bytes.
pub const UPLOAD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The largest picture that is decoded, in pixels: 24 megapixels, as phones take them.
pub const PIXELS_MAX: u64 = 24_000_000;
/// The most memory a decoder may use, in bytes: 8 a pixel at 16 bits a channel.
const DECODER_BYTES_MAX: u64 = PIXELS_MAX * 8;
/// The side of the largest picture that is served, in pixels.
pub const SIDE_PX_MAX: u32 = 512;
/// The largest picture that is served, in bytes: as the table of photos has it.
pub const SERVED_BYTES_MAX: usize = 256 * 1024;
/// From fine to coarse, until the picture is small enough.
const JPEG_QUALITIES: [u8; 3] = [85, 60, 30];

/// A picture ready to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The SHA-256 of the bytes, in hexadecimal.
    pub hash: String,
    /// A JPEG of at most [`SERVED_BYTES_MAX`].
    pub jpeg: Vec<u8>,
}

/// Why a picture isn't taken.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Too many bytes.
    #[error("it has more than 8 MiB")]
    TooManyBytes,
    /// Too many pixels once decoded, however few the bytes.
    #[error("it has more than 24 megapixels")]
    TooManyPixels,
    /// Not a JPEG, PNG or WebP, or a broken one.
    #[error("it isn't a whole JPEG, PNG or WebP")]
    Unreadable(#[source] image::ImageError),
    /// Still too large when encoded at the lowest quality.
    #[error("it can't be made small enough")]
    TooComplex,
}

impl PictureError {
    /// The text that says what is wrong.
    pub(crate) fn text_id(&self) -> &'static str {
        match self {
            Self::TooManyBytes => "picture-too-many-bytes",
            Self::TooManyPixels => "picture-too-many-pixels",
            Self::Unreadable(_) => "picture-unreadable",
            Self::TooComplex => "picture-too-complex",
        }
    }
}

/// Decodes, turns upright, cuts the middle out, shrinks and encodes. Takes up to a second: not for async threads.
///
/// # Errors
/// When the picture is too large or can't be read.
pub fn reencode(upload: &[u8]) -> Result<Picture, PictureError> {
    if upload.len() > UPLOAD_BYTES_MAX {
        return Err(PictureError::TooManyBytes);
    }
    let mut picture = middle(&decode(upload)?);
    if picture.width() > SIDE_PX_MAX {
        picture = picture.resize_exact(SIDE_PX_MAX, SIDE_PX_MAX, FilterType::Triangle);
    }
    let opaque = on_white(&picture);
    for quality in JPEG_QUALITIES {
        let mut jpeg = Vec::new();
        opaque
            .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality))
            .map_err(PictureError::Unreadable)?;
        if jpeg.len() <= SERVED_BYTES_MAX {
            let hash = Sha256::digest(&jpeg).iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Picture { hash, jpeg });
        }
    }
    Err(PictureError::TooComplex)
}

/// Looks at the size that the header claims before anything is decoded: a bomb is small until then.
fn decode(upload: &[u8]) -> Result<DynamicImage, PictureError> {
    let unreadable = PictureError::Unreadable;
    let mut reader = ImageReader::new(Cursor::new(upload)).with_guessed_format().map_err(|e| unreadable(e.into()))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(PictureError::TooManyPixels);
    }
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The largest square in the middle: all of a picture that was cut out in the browser.
fn middle(picture: &DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    picture.crop_imm((width - side) / 2, (height - side) / 2, side, side)
}

/// JPEG knows no transparency.
fn on_white(picture: &DynamicImage) -> DynamicImage {
    let mut canvas = RgbaImage::from_pixel(picture.width(), picture.height(), Rgba([255; 4]));
    imageops::overlay(&mut canvas, &picture.to_rgba8(), 0, 0);
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(canvas).to_rgb8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat;

    fn png(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        RgbaImage::from_pixel(width, height, Rgba(pixel)).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn the_middle_of_a_picture_is_cut_out_and_shrunk() {
        let stripes = RgbaImage::from_fn(2048, 1024, |x, _| {
            if (512..1536).contains(&x) { Rgba([200, 30, 30, 255]) } else { Rgba([0, 0, 255, 255]) }
        });
        let mut bytes = Cursor::new(Vec::new());
        stripes.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let picture = reencode(&bytes.into_inner()).unwrap();
        let decoded = image::load_from_memory_with_format(&picture.jpeg, ImageFormat::Jpeg).unwrap().to_rgb8();
        assert_eq!(decoded.dimensions(), (512, 512));
        for (x, y) in [(20, 20), (491, 256), (256, 491)] {
            assert!(decoded.get_pixel(x, y)[0] > 150, "what lies beside the middle is gone");
        }
        assert_eq!(picture.hash.len(), 64);
    }

    #[test]
    fn a_small_picture_isnt_enlarged_and_transparency_becomes_white() {
        let picture = reencode(&png(40, 30, [0, 0, 0, 0])).unwrap();
        let decoded = image::load_from_memory(&picture.jpeg).unwrap().to_rgb8();
        assert_eq!(decoded.dimensions(), (30, 30));
        assert!(decoded.get_pixel(15, 15).0.iter().all(|&channel| channel > 250));
    }

    #[test]
    fn noise_still_fits() {
        let noise = RgbaImage::from_fn(512, 512, |_, _| Rgba(rand::random::<[u8; 4]>()));
        let mut bytes = Cursor::new(Vec::new());
        noise.write_to(&mut bytes, ImageFormat::Png).unwrap();
        assert!(reencode(&bytes.into_inner()).unwrap().jpeg.len() <= SERVED_BYTES_MAX);
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        // 6000 by 6000 pixels of one colour are a few KiB until they are decoded.
        let bomb = png(6000, 6000, [0, 0, 0, 255]);
        assert!(bomb.len() < UPLOAD_BYTES_MAX);
        assert!(matches!(reencode(&bomb), Err(PictureError::TooManyPixels)));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(matches!(reencode(b"<svg/>"), Err(PictureError::Unreadable(_))));
        assert!(matches!(reencode(&png(9, 9, [0; 4])[..40]), Err(PictureError::Unreadable(_))));
        assert!(matches!(reencode(&vec![0; UPLOAD_BYTES_MAX + 1]), Err(PictureError::TooManyBytes)));
    }
}
