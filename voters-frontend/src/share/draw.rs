//! A scene becomes a picture: a template says it in SVG, resvg draws that.

use std::sync::{Arc, LazyLock};

use askama::Template;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, ImageHrefResolver, ImageKind, Options, fontdb};
use voting_commons::Language;
use voting_commons::percentages::Percent;

use super::grid::{self, Area};
use super::scene::Scene;
use super::text::{self, Setting};
use super::{HEIGHT_PX, WIDTH_PX};
use crate::snapshot::{Photo, Snapshot};

/// Of the JPEG, 1 to 100: letters stay clean, and messengers that refuse large pictures take it.
const QUALITY: u8 = 88;
/// The space around everything, in pixels.
const MARGIN: f32 = 48.0;
/// How high a capital letter is, as a part of the font's size.
const CAPITAL: f32 = 0.73;
/// From one line's foot to the next one's, as a part of the font's size.
const LINE: f32 = 1.15;

/// The one font there is, so that a picture is the same on each machine.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(text::FONT.to_vec());
    Arc::new(fonts)
});

/// Why a scene couldn't be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The template can't be filled in.
    #[error("the template: {0}")]
    Template(#[from] askama::Error),
    /// A text holds what SVG can't.
    #[error("the SVG: {0}")]
    Svg(#[from] usvg::Error),
    /// The picture can't be encoded.
    #[error("the JPEG: {0}")]
    Jpeg(#[from] image::ImageError),
}

/// A text's line and where it stands.
struct Line {
    x: f32,
    y: f32,
    text: String,
}

/// Somebody's card.
struct Card<'a> {
    area: Area,
    /// The part that the picture fills.
    photo_height: f32,
    photo: Option<&'a str>,
    initial: char,
    initial_size: f32,
    name: Vec<Line>,
    name_size: f32,
    percent: Option<CardPercent>,
}

/// Somebody's share.
struct CardPercent {
    line: Line,
    size: f32,
    /// The whole bar, and the part of its width that is filled.
    bar: Area,
    filled: f32,
}

#[derive(Template)]
#[template(path = "share_picture.svg")]
struct Picture<'a> {
    standing: Line,
    standing_plate: Area,
    is_open: bool,
    title: Vec<Line>,
    title_size: f32,
    cards: Vec<Card<'a>>,
}

/// Draws `scene` with the pictures of `snapshot`, as a JPEG. Takes some tens of milliseconds: not for async threads.
///
/// # Errors
/// When a text holds characters that no document may.
pub fn draw(scene: &Scene, snapshot: &Snapshot) -> Result<Vec<u8>, DrawError> {
    let svg = lay_out(scene).render()?;
    let options = Options {
        font_family: "Inter Display".to_owned(),
        fontdb: Arc::clone(&FONTS),
        // Nothing but our own photos: no file, no address.
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|hash, _| snapshot.photo(hash).and_then(|photo| image_kind(photo))),
        },
        ..Options::default()
    };
    let tree = usvg::Tree::from_str(&svg, &options)?;
    let mut pixmap = Pixmap::new(WIDTH_PX.into(), HEIGHT_PX.into()).expect("the size isn't 0");
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    // The ground covers everything: nothing is left to see through.
    let rgb: Vec<u8> = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).write_image(
        &rgb,
        WIDTH_PX.into(),
        HEIGHT_PX.into(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(jpeg)
}

fn image_kind(photo: &Photo) -> Option<ImageKind> {
    let bytes = Arc::new(photo.bytes.to_vec());
    match photo.content_type.as_str() {
        "image/jpeg" => Some(ImageKind::JPEG(bytes)),
        "image/png" => Some(ImageKind::PNG(bytes)),
        "image/webp" => Some(ImageKind::WEBP(bytes)),
        _ => None,
    }
}

fn lay_out(scene: &Scene) -> Picture<'_> {
    let (width, height) = (f32::from(WIDTH_PX), f32::from(HEIGHT_PX));
    let inner = width - 2.0 * MARGIN;
    let standing_width = text::width(&scene.face.standing, STANDING_SIZE) + 52.0;
    let standing_plate = Area { x: width - MARGIN - standing_width, y: 34.0, width: standing_width, height: 60.0 };
    let standing = Line {
        x: standing_plate.x + standing_width / 2.0,
        y: standing_plate.y + (standing_plate.height + STANDING_SIZE * CAPITAL) / 2.0,
        text: scene.face.standing.clone(),
    };

    let (title_size, mut titles) = text::fit(&[&scene.face.title], inner, &TITLE_SETTINGS);
    let mut foot = TITLE_TOP + title_size * CAPITAL;
    let title = lines(titles.pop().unwrap_or_default(), MARGIN, &mut foot, title_size);

    let top = foot - title_size * CAPITAL + 4.0;
    let area = Area { x: MARGIN, y: top, width: inner, height: height - MARGIN - top };
    Picture { standing, standing_plate, is_open: scene.face.is_open, title, title_size, cards: cards(scene, area) }
}

/// The smallest size of a name, in pixels: what doesn't fit then is cut.
const NAME_SIZE_MIN: f32 = 15.0;
/// The font's size of where it stands, in pixels.
const STANDING_SIZE: f32 = 30.0;
/// Where the title begins, in pixels.
const TITLE_TOP: f32 = 124.0;
const TITLE_SETTINGS: [Setting; 4] = [
    Setting { size: 68.0, lines_max: 1 },
    Setting { size: 56.0, lines_max: 1 },
    Setting { size: 50.0, lines_max: 2 },
    Setting { size: 40.0, lines_max: 2 },
];

/// `texts` below each other, the first with its foot at `foot`, which is moved past them.
fn lines(texts: Vec<String>, x: f32, foot: &mut f32, size: f32) -> Vec<Line> {
    texts
        .into_iter()
        .map(|text| {
            let y = *foot;
            *foot += size * LINE;
            Line { x, y, text }
        })
        .collect()
}

fn cards(scene: &Scene, area: Area) -> Vec<Card<'_>> {
    let areas = grid::cards(scene.face.people.len(), area);
    let Some(&Area { width, height, .. }) = areas.first() else { return vec![] };
    let names: Vec<&str> = scene.face.people.iter().map(|person| person.name.as_str()).collect();
    let largest = (width * 0.12).clamp(17.0, 38.0);
    let settings = [(1.0, 1), (0.85, 1), (0.85, 2), (0.7, 2)]
        .map(|(part, lines_max)| Setting { size: (largest * part).max(NAME_SIZE_MIN), lines_max });
    let pad = largest * 0.55;
    let (name_size, names) = text::fit(&names, width - 1.4 * pad, &settings);
    let lines_max = names.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let percent_size = largest * 1.1;
    let names_height = name_size * (CAPITAL + LINE * (u16::try_from(lines_max).map_or(1.0, f32::from) - 1.0));
    let percents_height = if scene.percents.is_some() { percent_size * CAPITAL + 1.4 * pad } else { 0.0 };
    let photo_height = height - names_height - percents_height - 2.0 * pad;

    areas
        .into_iter()
        .zip(&scene.face.people)
        .zip(names)
        .enumerate()
        .map(|(place, ((area, person), name))| {
            let middle = area.x + width / 2.0;
            let mut foot = area.y + photo_height + pad + name_size * CAPITAL;
            let percent = scene.percents.as_ref().and_then(|percents| percents.get(place));
            Card {
                area,
                photo_height,
                photo: person.photo.as_deref(),
                initial: person.name.chars().next().unwrap_or('?'),
                initial_size: photo_height.min(width) * 0.5,
                name: lines(name, middle, &mut foot, name_size),
                name_size,
                percent: percent.map(|&percent| card_percent(scene.face.language, percent, area, percent_size, pad)),
            }
        })
        .collect()
}

/// At the card's foot: the number above its bar.
fn card_percent(language: Language, percent: Percent, area: Area, size: f32, pad: f32) -> CardPercent {
    let bar_height = pad * 0.6;
    let bar = Area { y: area.y + area.height - bar_height, height: bar_height, ..area };
    let line = Line { x: area.x + area.width / 2.0, y: bar.y - pad * 0.8, text: language.percent(percent) };
    CardPercent { line, size, bar, filled: area.width * f32::from(percent.hundredths()) / 10_000.0 }
}

#[cfg(test)]
mod tests {
    use super::super::{Face, Person};
    use super::*;

    fn scene(names: &[&str], percents: Option<&[i32]>) -> Scene {
        let people = names.iter().map(|name| Person { name: (*name).to_owned(), photo: None });
        let face = Face {
            language: Language::Portuguese,
            title: "Quem deve sair?".to_owned(),
            standing: "Vote agora".to_owned(),
            is_open: true,
            people: people.collect(),
        };
        let percents = percents.map(|percents| percents.iter().map(|&one| one.try_into().unwrap()).collect());
        Scene { face, percents }
    }

    fn drawn(scene: &Scene) -> Vec<u8> {
        draw(scene, &Snapshot::default()).unwrap()
    }

    #[test]
    fn everybody_fits_with_the_longest_of_names() {
        for count in [0, 1, 2, 3, 5, 20] {
            let names = vec!["Maria Aparecida dos Santos de Oliveira Cavalcanti de Albuquerque e Silva"; count];
            let scene = scene(&names, Some(&vec![0; count]));
            for card in lay_out(&scene).cards {
                let name_width = |line: &Line| text::width(&line.text, card.name_size);
                assert!(card.name.iter().all(|line| name_width(line) <= card.area.width), "{count}");
                assert!(card.photo_height >= 0.4 * card.area.height, "{count}: the photo is what one looks at");
                let percent = card.percent.expect("it has numbers");
                assert!(text::width("100,00\u{a0}%", percent.size) <= card.area.width, "{count}");
                assert!(card.name.last().unwrap().y < percent.line.y - percent.size * CAPITAL, "{count}");
            }
            let picture = image::load_from_memory(&drawn(&scene)).unwrap();
            assert_eq!((picture.width(), picture.height()), (1200, 630));
        }
    }

    #[test]
    fn the_same_scene_is_the_same_picture() {
        let scene = |percents| scene(&["Ana", "Bia"], percents);
        assert!(drawn(&scene(None)) == drawn(&scene(None)));
        assert!(drawn(&scene(Some(&[4_321, 5_679]))) != drawn(&scene(Some(&[4_322, 5_678]))));
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        for (language, written) in [(Language::Portuguese, "43,21\u{a0}%"), (Language::English, "43.21%")] {
            let mut scene = scene(&["Ana"], Some(&[4_321]));
            scene.face.language = language;
            assert_eq!(lay_out(&scene).cards[0].percent.as_ref().unwrap().line.text, written);
        }
    }

    #[test]
    fn nothing_in_a_name_is_read_as_drawing() {
        let scene = |name| scene(&[name], None);
        assert!(drawn(&scene("<rect/>")) != drawn(&scene("")), "it is written");
        assert!(matches!(draw(&scene("\u{1}"), &Snapshot::default()), Err(DrawError::Svg(_))));
    }
}
