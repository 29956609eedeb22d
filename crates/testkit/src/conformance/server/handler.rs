//! The catalogue as a server on the official SDK.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, CompletionInfo, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
    GetTaskParams, GetTaskResult, Implementation, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerCapabilities,
    ServerConfig, SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::task_manager::TaskManager;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};

use super::Era;
use super::catalogue::{Catalogue, Entry, Script};
use super::listeners::{Listeners, Session};
use super::play::{Outcome, Play, complete};
use super::seal::Seal;
use super::stage::{Call, Stage};

/// How long clients may keep what they read, in milliseconds.
const FRESH: u64 = 60_000;

type Context = RequestContext<RoleServer>;

/// What all sessions share.
#[derive(Clone)]
pub(super) struct Server {
    catalogue: Arc<Catalogue>,
    listeners: Listeners,
    tasks: TaskManager,
    seal: Seal,
    era: Era,
    session: Session,
}

/// A request for something that has a script.
struct Use {
    context: Context,
    name: String,
    /// What placeholders mean.
    values: Value,
    responses: Option<rmcp::model::InputResponses>,
    state: Option<String>,
}

impl Server {
    /// A server that speaks the revisions of this era.
    pub(super) fn new(era: Era) -> anyhow::Result<Self> {
        let listeners = Listeners::default();
        Ok(Self {
            catalogue: Arc::new(Catalogue::load()?),
            tasks: TaskManager::new(),
            // A state of an earlier run of this program does not open.
            seal: Seal::new(std::process::id().to_be_bytes().repeat(8)),
            era,
            session: listeners.session(),
            listeners,
        })
    }

    /// The same server for a session of its own.
    pub(super) fn session(&self) -> Self {
        Self {
            session: self.listeners.session(),
            ..self.clone()
        }
    }

    async fn play(&self, script: &Arc<Script>, used: Use) -> Result<Outcome, ErrorData> {
        let call = Call {
            seal: self.seal.of(&used.name, &used.values),
            context: used.context,
            session: self.session.clone(),
            tasks: self.tasks.clone(),
            responses: used.responses,
            state: used.state,
        };
        let stage = Stage::Request(Box::new(call));
        Play::new(script, used.values, stage).run().await
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_tasks()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("conformance", "1.0.0"))
            .with_instructions("Has what the conformance suite asks for.")
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        match self.era {
            Era::Both => Cow::Borrowed(ProtocolVersion::KNOWN_VERSIONS),
            Era::Legacy => {
                Cow::Borrowed(ProtocolVersion::known_up_to(&ProtocolVersion::V_2025_11_25))
            }
            Era::Modern => Cow::Borrowed(&[ProtocolVersion::V_2026_07_28]),
        }
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.catalogue
            .tool(name)
            .map(|tool| tool.definition.clone())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let list = ListToolsResult::with_all_items(definitions(&self.catalogue.tools));
        Ok(list.with_ttl_ms(FRESH).with_cache_scope(CacheScope::Public))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let list = ListPromptsResult::with_all_items(definitions(&self.catalogue.prompts));
        Ok(list.with_ttl_ms(FRESH).with_cache_scope(CacheScope::Public))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let list = ListResourcesResult::with_all_items(definitions(&self.catalogue.resources));
        Ok(list.with_ttl_ms(FRESH).with_cache_scope(CacheScope::Public))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = definitions(&self.catalogue.templates);
        let list = ListResourceTemplatesResult::with_all_items(templates);
        Ok(list.with_ttl_ms(FRESH).with_cache_scope(CacheScope::Public))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let unknown = || ErrorData::invalid_params(format!("no tool {}", request.name), None);
        let tool = self.catalogue.tool(&request.name).ok_or_else(unknown)?;
        let used = Use {
            context,
            name: request.name.into_owned(),
            values: json!({"arguments": request.arguments.unwrap_or_default()}),
            responses: request.input_responses,
            state: request.request_state,
        };
        match self.play(&tool.script, used).await? {
            Outcome::Complete(result) => Ok(CallToolResponse::Complete(complete(result)?)),
            Outcome::InputRequired(result) => Ok(result.into()),
            Outcome::Task(task) => Ok(task.into()),
        }
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let unknown = || ErrorData::invalid_params(format!("no prompt {}", request.name), None);
        let prompt = self.catalogue.prompt(&request.name).ok_or_else(unknown)?;
        let used = Use {
            context,
            name: request.name,
            values: json!({"arguments": request.arguments.unwrap_or_default()}),
            responses: request.input_responses,
            state: request.request_state,
        };
        match self.play(&prompt.script, used).await? {
            Outcome::Complete(result) => Ok(complete::<GetPromptResult>(result)?.into()),
            Outcome::InputRequired(result) => Ok(result.into()),
            Outcome::Task(_) => Err(ErrorData::internal_error("a prompt is no task", None)),
        }
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let unknown = || {
            let text = format!("no resource {}", request.uri);
            ErrorData::resource_not_found(text, Some(json!({"uri": request.uri})))
        };
        let (script, values) = self.catalogue.resource(&request.uri).ok_or_else(unknown)?;
        let used = Use {
            context,
            name: request.uri.clone(),
            values,
            responses: request.input_responses,
            state: request.request_state,
        };
        match self.play(script, used).await? {
            Outcome::Complete(result) => Ok(complete::<ReadResourceResult>(result)?
                .with_ttl_ms(FRESH)
                .with_cache_scope(CacheScope::Public)
                .into()),
            Outcome::InputRequired(result) => Ok(result.into()),
            Outcome::Task(_) => Err(ErrorData::internal_error("a resource is no task", None)),
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: Context,
    ) -> Result<CompleteResult, ErrorData> {
        let known = self.catalogue.completions.get(&request.argument.name);
        let fitting = known
            .into_iter()
            .flatten()
            .filter(|value| value.starts_with(&request.argument.value));
        let info = CompletionInfo::new(fitting.cloned().collect());
        let info = info.map_err(|error| ErrorData::internal_error(error, None))?;
        Ok(CompleteResult::new(info))
    }

    async fn set_level(&self, request: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        self.session.set_level(request.level);
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _: Context,
    ) -> Result<(), ErrorData> {
        self.session.subscribe(request.uri);
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: Context,
    ) -> Result<(), ErrorData> {
        self.session.unsubscribe(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.listeners.add(context.sink().clone());
        context.cancelled().await;
        Ok(())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: Context,
    ) -> Result<GetTaskResult, ErrorData> {
        Ok(GetTaskResult::new(self.tasks.get_task(&request.task_id)?))
    }

    async fn update_task(&self, request: UpdateTaskParams, _: Context) -> Result<(), ErrorData> {
        let answers = request.input_responses;
        self.tasks.update_task(&request.task_id, answers)
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: Context) -> Result<(), ErrorData> {
        self.tasks.cancel_task(&request.task_id)
    }
}

fn definitions<Definition: Clone>(entries: &[Entry<Definition>]) -> Vec<Definition> {
    entries
        .iter()
        .map(|entry| entry.definition.clone())
        .collect()
}
