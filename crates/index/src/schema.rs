//! How a tool is laid out in tantivy.

use std::array;

use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};
use tantivy::{Index, IndexBuilder, IndexSettings, TantivyDocument};

use crate::analysis::analyzer;
use crate::doc::ToolDoc;
use crate::parameters::{ParameterText, prefix};
use crate::ranking::FIELDS;

/// The name under which tantivy knows [`analyzer`].
const ANALYZER: &str = "tool";

/// Longest text indexed of one field, in bytes; a description of this size is a manual.
const MAX_TEXT: usize = 32_768;

/// The fields of the index and how they are analysed.
pub(crate) struct Layout {
    schema: Schema,
    tokenizers: TokenizerManager,
    analyzer: TextAnalyzer,
    /// The searched texts, in the order of [`FIELDS`].
    texts: [Field; FIELDS.len()],
}

impl Layout {
    pub(crate) fn new() -> Self {
        let mut schema = Schema::builder();
        // Nothing is stored and no positions are kept: the texts are needed for ranking only.
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(ANALYZER)
            .set_index_option(IndexRecordOption::WithFreqs);
        let text = TextOptions::default().set_indexing_options(indexing);
        let texts = array::from_fn(|n| schema.add_text_field(FIELDS[n].name, text.clone()));
        let tokenizers = TokenizerManager::new();
        let analyzer = analyzer();
        tokenizers.register(ANALYZER, analyzer.clone());
        Self {
            schema: schema.build(),
            tokenizers,
            analyzer,
            texts,
        }
    }

    /// The searched texts, in the order of [`FIELDS`].
    pub(crate) fn texts(&self) -> &[Field; FIELDS.len()] {
        &self.texts
    }

    /// Cuts a query as the texts are cut.
    pub(crate) fn analyzer(&self) -> TextAnalyzer {
        self.analyzer.clone()
    }

    /// What an index of tools is made with.
    pub(crate) fn index(&self) -> IndexBuilder {
        Index::builder()
            .schema(self.schema.clone())
            .tokenizers(self.tokenizers.clone())
            .settings(settings())
    }

    /// The tool as tantivy takes it.
    pub(crate) fn document(&self, tool: &ToolDoc<'_>) -> TantivyDocument {
        let parameters = tool.input_schema.map(ParameterText::of).unwrap_or_default();
        let server = format!("{} {}", tool.server, tool.server_title.unwrap_or_default());
        let texts: [&str; FIELDS.len()] = [
            tool.name,
            &server,
            tool.title.unwrap_or_default(),
            tool.description,
            &parameters.names,
            &parameters.descriptions,
        ];
        let mut document = TantivyDocument::new();
        for (field, text) in self.texts.iter().zip(texts) {
            document.add_text(*field, prefix(text, MAX_TEXT));
        }
        document
    }
}

/// No thread for a document store that stays empty.
pub(crate) fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}
