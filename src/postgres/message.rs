//! How many rows go into one message to the server.
//!
//! sqlx leaves Nagle's algorithm on: of a message that takes several TLS records, the second is held back until the server
//! has acknowledged the first, which it puts off for 40 ms. So the rows of a large batch are written in portions, each of
//! which fits one record of 16 KiB.

/// With room for the statement's name, the types and the lengths.
const MOST: usize = 12 * 1024;

/// The rows in portions that fit one record each; a single row that is larger goes by itself.
pub(super) fn portions<T>(rows: &[T], size: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let (mut portions, mut begin, mut filled) = (Vec::new(), 0, 0);
    for (place, row) in rows.iter().enumerate() {
        let row = size(row);
        if place > begin && filled + row > MOST {
            portions.push(&rows[begin..place]);
            (begin, filled) = (place, 0);
        }
        filled += row;
    }
    portions.extend((begin < rows.len()).then(|| &rows[begin..]));
    portions
}

#[cfg(test)]
mod tests {
    use super::{MOST, portions};

    #[test]
    fn portions_hold_all_rows_in_their_order_and_no_more_than_fits() {
        for sizes in
            [vec![], vec![1], vec![MOST, 1, MOST], vec![MOST * 9, 5], vec![MOST / 3; 10], vec![7; 9_999]]
        {
            let portions = portions(&sizes, |size| *size);
            assert_eq!(portions.concat(), sizes);
            for portion in &portions {
                assert!(portion.len() == 1 || portion.iter().sum::<usize>() <= MOST, "{portion:?}");
            }
            let least = sizes.iter().sum::<usize>().div_ceil(MOST);
            assert!(portions.len() >= least.min(sizes.len()) && portions.len() <= 2 * least + 2);
        }
    }
}
