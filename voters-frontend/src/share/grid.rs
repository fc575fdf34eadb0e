//! Where the cards lie: as large as they can be, however many there are.

/// The space between cards, in pixels.
const GAP: f32 = 20.0;
/// A card's width by its height, at most: in a wider one a face would lose its chin.
const RATIO_MAX: f32 = 0.85;
/// Below this ratio a card is too narrow to be any better for being higher.
const RATIO_MIN: f32 = 0.7;

/// A rectangle, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// `count` equal cards in rows, which lie in the middle of `area`.
pub(super) fn cards(count: usize, area: Area) -> Vec<Area> {
    // By rows, not by columns: so the last row is as full as it can be.
    let sizes = (1..=count).map(|rows| count.div_ceil(rows)).map(|columns| (columns, size(count, columns, area)));
    let use_of = |&(_, (width, height)): &(usize, (f32, f32))| width.min(height * RATIO_MIN);
    let Some((columns, (width, height))) = sizes.max_by(|a, b| use_of(a).total_cmp(&use_of(b))) else { return vec![] };
    (0..count)
        .map(|place| {
            let (row, column) = (place / columns, place % columns);
            let in_row = columns.min(count - row * columns);
            let row_width = span(in_row, width);
            Area {
                x: area.x + (area.width - row_width) / 2.0 + span(column, width) + if column > 0 { GAP } else { 0.0 },
                y: area.y + span(row, height) + if row > 0 { GAP } else { 0.0 },
                width,
                height,
            }
        })
        .collect()
}

/// The width and height of cards in so many `columns`.
fn size(count: usize, columns: usize, area: Area) -> (f32, f32) {
    let share = |whole: f32, parts: usize| (whole - GAP * to_f32(parts - 1)) / to_f32(parts);
    let height = share(area.height, count.div_ceil(columns));
    (share(area.width, columns).min(height * RATIO_MAX), height)
}

/// How long so many cards in a line are.
fn span(cards: usize, length: f32) -> f32 {
    to_f32(cards) * (length + GAP) - if cards > 0 { GAP } else { 0.0 }
}

fn to_f32(count: usize) -> f32 {
    u16::try_from(count).map_or(f32::MAX, f32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { x: 48.0, y: 200.0, width: 1104.0, height: 380.0 };

    #[test]
    fn cards_lie_within_their_area_and_beside_each_other() {
        for count in 0..=20 {
            let cards = cards(count, AREA);
            assert_eq!(cards.len(), count);
            for (place, card) in cards.iter().enumerate() {
                assert!(card.x >= 47.9 && card.x + card.width <= 1152.1, "{count}: {card:?}");
                assert!(card.y >= 199.9 && card.y + card.height <= 580.1, "{count}: {card:?}");
                let apart = |other: &Area| {
                    (other.x - card.x).abs() >= card.width + GAP - 0.1
                        || (other.y - card.y).abs() >= card.height + GAP - 0.1
                };
                assert!(cards[..place].iter().all(apart), "{count}: {cards:?}");
            }
        }
    }

    #[test]
    fn few_stand_in_one_row_and_many_in_more() {
        let rows = |count| {
            let mut tops: Vec<u32> = cards(count, AREA).iter().map(|card| card.y.to_bits()).collect();
            tops.dedup();
            tops.len()
        };
        assert_eq!([2, 3, 4, 8, 20].map(rows), [1, 1, 1, 2, 2]);
        let second_row = cards(8, AREA).into_iter().filter(|card| card.y > AREA.y).count();
        assert_eq!(second_row, 4, "nobody stands alone");
    }
}
