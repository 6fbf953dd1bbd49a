//! Which of several values cannot be told apart.

/// A set of letters for each value: two values share a letter just where no pair that differs has both.
///
/// `order` are the places of the values, best first; `differ` says of two places whether they can be told apart. Letters are given from the
/// best on (insertion and absorption of Piepho, Journal of Computational and Graphical Statistics, 2004): every set of values that share a
/// letter is one that cannot be made larger.
#[must_use]
pub fn letters(order: &[usize], differ: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let mut columns: Vec<Vec<bool>> = vec![vec![true; order.len()]];
    for first in 0..order.len() {
        for second in first + 1..order.len() {
            if !differ(order[first], order[second]) {
                continue;
            }
            let mut next: Vec<Vec<bool>> = Vec::new();
            for column in columns {
                if column[first] && column[second] {
                    for left_out in [second, first] {
                        let mut column = column.clone();
                        column[left_out] = false;
                        next.push(column);
                    }
                } else {
                    next.push(column);
                }
            }
            columns = absorbed(next);
        }
    }
    // The column that reaches further up comes first.
    columns.sort_by_key(|column| column.iter().map(|member| !member).collect::<Vec<_>>());
    let mut letters = vec![String::new(); order.len()];
    for (number, column) in columns.iter().enumerate() {
        for (&place, _) in order.iter().zip(column).filter(|(_, member)| **member) {
            letters[place].push_str(&letter(number));
        }
    }
    letters
}

/// The columns that are not part of another one, each once.
fn absorbed(columns: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
    let is_part = |inner: &[bool], outer: &[bool]| inner.iter().zip(outer).all(|(inner, outer)| !inner || *outer);
    let mut kept: Vec<Vec<bool>> = Vec::new();
    for column in columns {
        if kept.iter().any(|other| is_part(&column, other)) {
            continue;
        }
        kept.retain(|other| !is_part(other, &column));
        kept.push(column);
    }
    kept
}

/// a to z, then a1 to z1 and so on.
fn letter(number: usize) -> String {
    let letter = char::from(b'a' + (number % 26) as u8);
    if number < 26 { letter.to_string() } else { format!("{letter}{}", number / 26) }
}
