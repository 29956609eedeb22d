//! Median, ninetieth percentile and maximum of a set of sizes.

/// The spread of a set of sizes; all zero for the empty set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// How many there are.
    pub(crate) count: usize,
    pub(crate) median: usize,
    /// Nine of ten are at most this big.
    pub(crate) p90: usize,
    pub(crate) max: usize,
}

impl Sizes {
    /// Measures by the nearest rank, so that every number is one of the sizes.
    pub(crate) fn of(sizes: impl IntoIterator<Item = usize>) -> Self {
        let mut sizes: Vec<_> = sizes.into_iter().collect();
        sizes.sort_unstable();
        Self {
            count: sizes.len(),
            median: rank(&sizes, 50),
            p90: rank(&sizes, 90),
            max: sizes.last().copied().unwrap_or_default(),
        }
    }
}

/// The smallest size that at least `percent` of the sorted sizes do not exceed.
fn rank(sorted: &[usize], percent: usize) -> usize {
    let position = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(position.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_size() {
        assert_eq!(Sizes::of([]), Sizes::default());
    }

    #[test]
    fn one_size_is_all_of_them() {
        let expected = Sizes {
            count: 1,
            median: 7,
            p90: 7,
            max: 7,
        };
        assert_eq!(Sizes::of([7]), expected);
    }

    #[test]
    fn the_order_does_not_matter() {
        let expected = Sizes {
            count: 10,
            median: 5,
            p90: 9,
            max: 10,
        };
        assert_eq!(Sizes::of((1..=10).rev()), expected);
    }
}
