//! Where an axis has its ticks.

/// A linear axis with round ends and steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Place and text of each tick.
    pub(super) labels: Vec<(f64, String)>,
}

/// Steps that an axis should about have.
const TARGET_STEPS: f64 = 5.0;

/// Round ticks (steps of 1, 2 or 5 times a power of ten) that enclose `low` to `high`, both finite.
pub(super) fn enclosing(low: f64, high: f64) -> Ticks {
    // A single value stands in the middle of an axis that does not go below zero for it.
    let (low, high) = if high > low {
        (low, high)
    } else {
        let half = (high.abs() * 0.05).max(0.5);
        let floor = if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
        ((low - half).max(floor), high + half)
    };
    let span = high - low;
    let power = 10.0_f64.powf((span / TARGET_STEPS).log10().floor());
    let raw = span / TARGET_STEPS / power;
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| raw <= *factor);
    let step = power * factor.unwrap_or(10.0);
    // The tolerance keeps 0.30000000000000004 from opening another step.
    let first = (low / step + 1e-9).floor();
    let mut last = (high / step - 1e-9).ceil();
    if last <= first {
        last = first + 1.0;
    }
    let count = (last - first).clamp(1.0, 20.0) as usize;
    let labels =
        (0..=count).map(|number| (first + number as f64) * step).map(|place| (place, label(place, step))).collect();
    Ticks { low: first * step, high: last * step, labels }
}

/// A tick's text: no more decimals than the step has, powers of ten where it would be long.
fn label(place: f64, step: f64) -> String {
    let text = if (1e-4..1e6).contains(&step) {
        let decimals = (-step.log10().floor()).clamp(0.0, 4.0) as usize;
        format!("{place:.decimals$}")
    } else {
        format!("{place:.2e}")
    };
    text.replace('-', "\u{2212}")
}

/// Which of several numbers can stand side by side: `spans` has each with its left and right end, ascending.
///
/// The first and the last come before the others, then 1, 10, 100 … (and 0.1 …), then 2, 5, 20, 50 …, then the rest from the left.
pub(super) fn side_by_side(spans: &[(f64, f64, f64)], gap: f64) -> Vec<bool> {
    let rank = |place: usize, value: f64| {
        let power = 10.0_f64.powf(value.log10().floor());
        let is = |digit: f64| (value / power - digit).abs() < 1e-9;
        match () {
            () if place == 0 || place + 1 == spans.len() => 0,
            () if is(1.0) => 1,
            () if is(2.0) || is(5.0) => 2,
            () => 3,
        }
    };
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|&place| spans.get(place).map(|span| rank(place, span.0)));
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut shown = vec![false; spans.len()];
    for place in order {
        let Some(&(_, left, right)) = spans.get(place) else { continue };
        if taken.iter().all(|other| right + gap <= other.0 || other.1 + gap <= left) {
            taken.push((left, right));
            if let Some(slot) = shown.get_mut(place) {
                *slot = true;
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64) -> Vec<String> {
        enclosing(low, high).labels.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        assert_eq!(texts(23.0, 76.1), ["20", "40", "60", "80"]);
        assert_eq!(texts(74.12, 74.58), ["74.1", "74.2", "74.3", "74.4", "74.5", "74.6"]);
        assert_eq!(texts(-3.0, 1.0), ["\u{2212}3", "\u{2212}2", "\u{2212}1", "0", "1"]);
    }

    #[test]
    fn a_single_value_still_has_an_axis() {
        let ticks = enclosing(50.0, 50.0);
        assert!(ticks.low <= 50.0 && ticks.high >= 50.0 && ticks.low < ticks.high);
        let ticks = enclosing(0.0, 0.0);
        assert!(ticks.low <= 0.0 && ticks.high > ticks.low);
    }

    #[test]
    fn round_numbers_and_ends_come_before_others() {
        let spans = [
            (7.0, 0.0, 4.0),
            (8.0, 3.0, 7.0),
            (9.0, 6.0, 10.0),
            (10.0, 9.0, 13.0),
            (11.0, 13.5, 17.0),
            (12.0, 18.0, 22.0),
        ];
        assert_eq!(side_by_side(&spans, 1.0), [true, false, false, true, false, true]);
        // 0.001 comes before 0.0007.
        assert_eq!(
            side_by_side(&[0.0, 0.0007, 0.001, 0.5].map(|x| (x, x * 100.0, x * 100.0 + 0.05)), 0.0),
            [true, false, true, true]
        );
        assert_eq!(side_by_side(&[], 1.0), [false; 0]);
    }
}
