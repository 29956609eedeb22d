//! placeholder
use crate::face::Face;
use fleet::Catalog;
pub(crate) fn of_face(face: &Face, _catalog: &Catalog) -> Option<String> {
    (*face == Face::Menu).then(|| "Many tools are behind this server. Find the right one with retrieve_tools, then call it with the call_tool_* that its answer names.".to_owned())
}
