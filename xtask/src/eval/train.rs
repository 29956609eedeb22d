//! Training of the linear model: logistic regression with an L2 penalty, by full gradients with
//! a step of its own for each weight. Nothing is drawn by chance, so the same rows give the same
//! model.

use scan::{DIMENSION, Features, Model};

/// How often all rows are gone through.
const ROUNDS: usize = 250;

/// Length of the first steps.
const STEP: f32 = 0.5;

/// How much large weights cost.
const PENALTY: f32 = 2e-4;

/// How much more an attack counts than an honest definition, of which there are more.
const ATTACK_WEIGHT: f32 = 3.0;

/// How much a window of an honest definition counts.
const WINDOW_WEIGHT: f32 = 0.5;

/// Features of a definition, first as a whole and then of its windows, and whether it is an
/// attack.
pub(super) struct Example<'a> {
    pub(super) parts: &'a [Features],
    pub(super) attack: bool,
}

/// Features, what is to be learnt of them, and how much they count.
struct Case<'a> {
    features: &'a Features,
    target: f32,
    weight: f32,
}

/// The highest score of the parts of a definition.
pub(super) fn highest(model: &Model, parts: &[Features]) -> f32 {
    parts
        .iter()
        .map(|part| model.score(part))
        .fold(0.0, f32::max)
}

/// A model of the examples, without a threshold.
///
/// Nobody has said in which sentences of an attack it lies. So a first model learns definitions
/// as wholes; the final one learns also that all windows of honest definitions are honest, and
/// that the window of an attack which the first model likes least is one.
pub(super) fn train(examples: &[Example<'_>]) -> Model {
    let wholes: Vec<Case<'_>> = examples
        .iter()
        .filter_map(|example| Some(case(example.parts.first()?, example.attack, 1.0)))
        .collect();
    let first = fit(&wholes);
    let windows = examples.iter().flat_map(|example| {
        let windows = example.parts.get(1..).unwrap_or_default();
        if !example.attack {
            return windows
                .iter()
                .map(|window| case(window, false, WINDOW_WEIGHT))
                .collect();
        }
        let score = |window: &&Features| first.score(window);
        let worst = windows
            .iter()
            .max_by(|one, other| score(one).total_cmp(&score(other)));
        worst
            .map(|window| case(window, true, WINDOW_WEIGHT))
            .into_iter()
            .collect::<Vec<_>>()
    });
    let windows: Vec<Case<'_>> = windows.collect();
    fit(&wholes.into_iter().chain(windows).collect::<Vec<_>>())
}

fn case(features: &Features, attack: bool, weight: f32) -> Case<'_> {
    let (target, more) = if attack {
        (1.0, ATTACK_WEIGHT)
    } else {
        (0.0, 1.0)
    };
    Case {
        features,
        target,
        weight: weight * more,
    }
}

fn fit(cases: &[Case<'_>]) -> Model {
    let rarities = Table::of(&rarities(cases));
    let vectors: Vec<Vec<(usize, f32)>> = cases
        .iter()
        .map(|case| vector(case.features, &rarities))
        .collect();
    let (weights, bias) = descend(cases, &vectors);
    let scale = weights
        .iter()
        .fold(f32::MIN_POSITIVE, |scale, weight| scale.max(weight.abs()));
    Model {
        bias,
        threshold: 1.0,
        weight_scale: scale,
        rarity_scale: rarities.scale,
        weights: weights
            .iter()
            .map(|weight| steps(weight / scale * 127.0))
            .collect(),
        rarities: rarities.bytes,
    }
}

/// Numbers from 0 up, kept in a byte each.
struct Table {
    scale: f32,
    bytes: Vec<u8>,
}

impl Table {
    fn of(numbers: &[f32]) -> Self {
        let scale = numbers.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let bytes = numbers
            .iter()
            .map(|number| steps::<u8>(number / scale * 255.0))
            .collect();
        Self { scale, bytes }
    }

    fn get(&self, place: usize) -> f32 {
        f32::from(self.bytes[place]) / 255.0 * self.scale
    }
}

/// The nearest whole number; what is out of bounds becomes the nearest bound.
fn steps<Number: TryFrom<i16> + Default>(number: f32) -> Number {
    // In the bounds of the tables every float is a whole number of steps.
    #[allow(clippy::cast_possible_truncation)]
    let whole = number.round() as i16;
    Number::try_from(whole).unwrap_or_default()
}

/// How rare each feature is: the smoothed logarithm of one over its share of the cases.
fn rarities(cases: &[Case<'_>]) -> Vec<f32> {
    let mut counts = vec![0_u16; DIMENSION];
    for (number, _) in cases.iter().flat_map(|case| case.features) {
        counts[*number as usize] += 1;
    }
    let all = u16::try_from(cases.len()).map_or(f32::MAX, f32::from);
    let rarity = |count: u16| ((1.0 + all) / (1.0 + f32::from(count))).ln() + 1.0;
    counts.into_iter().map(rarity).collect()
}

fn vector(features: &Features, rarities: &Table) -> Vec<(usize, f32)> {
    let scaled = features.iter().map(|(number, count)| {
        let place = *number as usize;
        (place, count * rarities.get(place))
    });
    let scaled: Vec<_> = scaled.collect();
    let square: f32 = scaled.iter().map(|(_, value)| value * value).sum();
    let length = square.sqrt().max(f32::MIN_POSITIVE);
    scaled
        .into_iter()
        .map(|(place, value)| (place, value / length))
        .collect()
}

fn descend(cases: &[Case<'_>], vectors: &[Vec<(usize, f32)>]) -> (Vec<f32>, f32) {
    let mut weights = vec![0.0_f32; DIMENSION + 1];
    let mut squares = vec![1e-8_f32; DIMENSION + 1];
    let count = u16::try_from(cases.len()).map_or(f32::MAX, f32::from);
    for _ in 0..ROUNDS {
        let mut gradient: Vec<f32> = weights.iter().map(|weight| weight * PENALTY).collect();
        gradient[DIMENSION] = 0.0;
        for (case, vector) in cases.iter().zip(vectors) {
            let sum: f32 = vector
                .iter()
                .map(|(place, value)| weights[*place] * value)
                .sum();
            let score = 1.0 / (1.0 + (-(sum + weights[DIMENSION])).exp());
            let error = (score - case.target) * case.weight / count;
            for (place, value) in vector {
                gradient[*place] += error * value;
            }
            gradient[DIMENSION] += error;
        }
        for ((weight, square), slope) in weights.iter_mut().zip(&mut squares).zip(&gradient) {
            *square += slope * slope;
            *weight -= STEP * slope / square.sqrt();
        }
    }
    let bias = weights.pop().unwrap_or_default();
    (weights, bias)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained() -> Model {
        let rows: Vec<(Vec<Features>, bool)> = (0..40)
            .map(|row| {
                let attack = row % 4 == 0;
                let telling = if attack { 7 } else { 8 };
                (vec![vec![(telling, 1.0), (100 + row, 1.0)]], attack)
            })
            .collect();
        let examples: Vec<_> = rows
            .iter()
            .map(|(parts, attack)| Example {
                parts,
                attack: *attack,
            })
            .collect();
        train(&examples)
    }

    #[test]
    fn what_tells_attacks_apart_gets_the_weights() {
        let model = trained();
        assert!(model.weights[7] > 100, "{}", model.weights[7]);
        assert!(model.weights[8] < -20, "{}", model.weights[8]);
        assert!(model.score(&vec![(7, 1.0), (5000, 1.0)]) > model.score(&vec![(8, 1.0)]));
    }

    #[test]
    fn the_window_with_the_attack_is_learnt_as_one() {
        let whole = |telling: u32, row: u32| vec![(telling, 1.0), (9, 3.0), (100 + row, 1.0)];
        let window = |feature: u32| vec![(feature, 1.0)];
        let attacks = (0..10).map(|row| (vec![whole(7, row), window(9), window(7)], true));
        let honest = (10..40).map(|row| (vec![whole(8, row), window(9), window(8)], false));
        let rows: Vec<(Vec<Features>, bool)> = attacks.chain(honest).collect();
        let examples: Vec<_> = rows
            .iter()
            .map(|(parts, attack)| Example {
                parts,
                attack: *attack,
            })
            .collect();
        let model = train(&examples);
        assert!(model.score(&window(7)) > 0.5);
        assert!(model.score(&window(9)) < 0.5);
        assert!((highest(&model, &rows[0].0) - model.score(&window(7))).abs() < f32::EPSILON);
    }

    #[test]
    fn common_features_are_less_rare() {
        let model = trained();
        assert!(model.rarities[8] < model.rarities[7]);
        assert!(model.rarities[7] < model.rarities[100]);
    }

    #[test]
    fn training_is_no_matter_of_chance() {
        assert_eq!(trained().encode(), trained().encode());
    }
}
