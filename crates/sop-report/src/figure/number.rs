//! Numbers as texts.

/// A value in a figure: per cent with a decimal, other numbers with three, powers of ten where they would be long.
pub(super) fn value_text(value: f64, percent: bool) -> String {
    let text = match (percent, value.abs() < 1e6) {
        (true, _) => format!("{value:.1}"),
        (false, true) => format!("{value:.3}"),
        (false, false) => format!("{value:.2e}"),
    };
    with_minus(&text)
}

/// A number as it was given, e.g. a parameter; powers of ten where it would be long.
pub(super) fn tick_text(value: f64) -> String {
    let is_plain = value == 0.0 || (1e-4..1e7).contains(&value.abs());
    with_minus(&if is_plain { value.to_string() } else { format!("{value:e}") })
}

/// With the sign that is as long as a plus.
fn with_minus(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([20.0, 0.07, 1e-6, -0.5].map(tick_text), ["20", "0.07", "1e\u{2212}6", "\u{2212}0.5"]);
        assert_eq!(value_text(74.52, true), "74.5");
        assert_eq!(value_text(-0.25, false), "\u{2212}0.250");
    }
}
