//! The linear model of the review tier: a table of weights, made by `cargo xtask eval scan
//! --train` from labelled definitions, and a dot product.

use std::sync::LazyLock;

use crate::features::{DIMENSION, Features};

/// The weights that are part of the program.
static ASSET: &[u8] = include_bytes!("../assets/weights.bin");

/// First bytes of a table of weights; the last is the version of the features.
const MAGIC: &[u8; 8] = b"TGSCAN\0\x01";

/// Bytes before the tables: the magic, then bias, threshold and the scales of both tables.
const HEADER: usize = 8 + 4 * 4;

/// A trained model. Weights and rarities are kept in a byte each.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What is added to every sum.
    pub bias: f32,
    /// From this score on a definition is flagged.
    pub threshold: f32,
    /// The largest weight.
    pub weight_scale: f32,
    /// The largest rarity.
    pub rarity_scale: f32,
    /// A weight for each feature, in 127ths of the scale.
    pub weights: Vec<i8>,
    /// How rare each feature is, in 255ths of the scale.
    pub rarities: Vec<u8>,
}

impl Model {
    /// The model that is part of the program; `None` only if it was built without one.
    pub fn built_in() -> Option<&'static Self> {
        static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| Model::decode(ASSET));
        MODEL.as_ref()
    }

    /// Reads a model in the form that [`Model::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        if bytes.len() != HEADER + 2 * DIMENSION {
            return None;
        }
        let number = |place: usize| {
            let bytes = rest.get(4 * place..4 * place + 4)?;
            Some(f32::from_le_bytes(bytes.try_into().ok()?))
        };
        let tables = &bytes[HEADER..];
        let (weights, rarities) = tables.split_at(DIMENSION);
        Some(Self {
            bias: number(0)?,
            threshold: number(1)?,
            weight_scale: number(2)?,
            rarity_scale: number(3)?,
            weights: weights.iter().map(|byte| byte.cast_signed()).collect(),
            rarities: rarities.to_vec(),
        })
    }

    /// The model as bytes: 64 KiB and a few.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [
            self.bias,
            self.threshold,
            self.weight_scale,
            self.rarity_scale,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.weights.iter().map(|weight| weight.cast_unsigned()));
        bytes.extend(&self.rarities);
        bytes
    }

    /// How much the features are like those of attacks, from 0 to 1.
    pub fn score(&self, features: &Features) -> f32 {
        let scaled = features.iter().map(|(number, count)| {
            let place = *number as usize;
            let rarity = f32::from(self.rarities[place]) / 255.0 * self.rarity_scale;
            let weight = f32::from(self.weights[place]) / 127.0 * self.weight_scale;
            (count * rarity, weight)
        });
        let (sum, square) = scaled.fold((0.0, 0.0), |(sum, square), (value, weight)| {
            (sum + value * weight, square + value * value)
        });
        let length = f32::sqrt(square).max(f32::MIN_POSITIVE);
        1.0 / (1.0 + (-(self.bias + sum / length)).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        let mut weights = vec![0; DIMENSION];
        weights[3] = 127;
        weights[4] = -127;
        Model {
            bias: -1.0,
            threshold: 0.75,
            weight_scale: 4.0,
            rarity_scale: 2.0,
            weights,
            rarities: vec![255; DIMENSION],
        }
    }

    #[test]
    fn a_model_survives_its_bytes() {
        let model = model();
        let bytes = model.encode();
        assert_eq!(Model::decode(&bytes), Some(model));
        assert_eq!(Model::decode(&bytes[1..]), None);
        assert_eq!(Model::decode(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn weights_push_the_score_up_and_down() {
        let model = model();
        let none = model.score(&Vec::new());
        assert!((none - 0.268_94).abs() < 1e-4, "{none}");
        assert!(model.score(&vec![(3, 1.0)]) > 0.9);
        assert!(model.score(&vec![(4, 1.0)]) < 0.1);
        // Words without a weight dilute those that have one.
        let diluted = model.score(&vec![(3, 1.0), (5, 1.0), (6, 1.0)]);
        assert!(diluted > none && diluted < model.score(&vec![(3, 1.0)]));
    }

    #[test]
    fn the_program_has_a_model() {
        assert!(Model::built_in().is_some());
    }
}
