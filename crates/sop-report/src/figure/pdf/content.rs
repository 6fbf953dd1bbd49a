//! What is painted on the page.

use std::collections::BTreeSet;

use pdf_writer::types::LineJoinStyle;
use pdf_writer::{Content, Name, Str};

use super::letters::Letters;
use super::{FONT, number};
use crate::figure::font::Typeface;
use crate::figure::scene::{Label, Place, Scene, Shape};
use crate::figure::theme::{PAPER, Rgb, TEXT};

/// Opacities below 1 of a scene's areas, in hundredths.
pub(super) fn opacities(scene: &Scene) -> BTreeSet<u8> {
    let of = |shape: &Shape| match shape {
        Shape::Area { opacity, .. } => Some(hundredths(*opacity)),
        Shape::Line { .. } | Shape::Text(_) => None,
    };
    scene.shapes.iter().filter_map(of).chain([OPAQUE]).collect()
}

/// What the page calls an opacity.
pub(super) fn opacity_name(opacity: u8) -> String {
    format!("O{opacity}")
}

const OPAQUE: u8 = 100;

fn hundredths(opacity: f64) -> u8 {
    (opacity * f64::from(OPAQUE)).round().clamp(0.0, f64::from(OPAQUE)) as u8
}

/// The scene's shapes on white, in their order.
pub(super) fn content(scene: &Scene, typeface: &Typeface, letters: &Letters) -> Vec<u8> {
    let mut page = Page { content: Content::new(), height: scene.height, opacity: OPAQUE };
    page.content.set_line_join(LineJoinStyle::RoundJoin);
    let (width, height) = (scene.width, scene.height);
    page.area(&[(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)], PAPER, 1.0);
    for shape in &scene.shapes {
        match shape {
            Shape::Line { places, width, colour } => page.line(places, *width, *colour),
            Shape::Area { places, colour, opacity } => page.area(places, *colour, *opacity),
            Shape::Text(label) => page.text(label, typeface, letters),
        }
    }
    page.content.finish().to_vec()
}

/// A page that is being painted.
struct Page {
    content: Content,
    /// A PDF counts up from the lower edge, a scene down from the upper.
    height: f64,
    /// The opacity that is set, in hundredths.
    opacity: u8,
}

impl Page {
    fn line(&mut self, places: &[Place], width: f64, colour: Rgb) {
        let [red, green, blue] = rgb(colour);
        self.content.set_stroke_rgb(red, green, blue).set_line_width(number(width));
        self.path(places);
        self.content.stroke();
    }

    fn area(&mut self, places: &[Place], colour: Rgb, opacity: f64) {
        self.set_opacity(hundredths(opacity));
        let [red, green, blue] = rgb(colour);
        self.content.set_fill_rgb(red, green, blue);
        self.path(places);
        self.content.close_path().fill_nonzero();
    }

    fn path(&mut self, places: &[Place]) {
        for (number, &place) in places.iter().enumerate() {
            let (x, y) = self.place(place);
            if number == 0 {
                self.content.move_to(x, y)
            } else {
                self.content.line_to(x, y)
            };
        }
    }

    fn text(&mut self, label: &Label, typeface: &Typeface, letters: &Letters) {
        self.set_opacity(OPAQUE);
        let (x, y) = self.place(label.start(typeface));
        let turn = if label.upwards { [0.0, 1.0, -1.0, 0.0] } else { [1.0, 0.0, 0.0, 1.0] };
        let [red, green, blue] = rgb(TEXT);
        self.content.set_fill_rgb(red, green, blue).begin_text().set_font(FONT, number(label.size));
        self.content.set_text_matrix([turn[0], turn[1], turn[2], turn[3], x, y]);
        let mut positioned = self.content.show_positioned();
        let mut items = positioned.items();
        let mut codes = Vec::new();
        for letter in typeface.letters(&label.text) {
            if letter.kern != 0.0 {
                items.show(Str(&codes)).adjust(-letter.kern.round());
                codes.clear();
            }
            codes.extend(letters.code(letter.letter).to_be_bytes());
        }
        items.show(Str(&codes));
        drop(items);
        drop(positioned);
        self.content.end_text();
    }

    fn set_opacity(&mut self, opacity: u8) {
        if opacity != self.opacity {
            self.content.set_parameters(Name(opacity_name(opacity).as_bytes()));
            self.opacity = opacity;
        }
    }

    fn place(&self, (x, y): Place) -> (f32, f32) {
        (number(x), number(self.height - y))
    }
}

fn rgb((red, green, blue): Rgb) -> [f32; 3] {
    // Three digits name each of 256 steps.
    [red, green, blue].map(|channel| (f32::from(channel) / 255.0 * 1000.0).round() / 1000.0)
}
