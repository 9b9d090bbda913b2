"""What the OpenAPI document says of bodies that may hold no unknown fields."""

from typing import Any

from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Struct


class ClosedStructs(OpenAPISchemaPlugin):
    """Tells of structs that forbid unknown fields that they do; Litestar 2.25 does not."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Tell whether it is one of those."""
        if field_definition.is_union or not field_definition.is_subclass_of(Struct):
            return False
        kind: type[Struct] = field_definition.type_
        return kind.__struct_config__.forbid_unknown_fields

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ANN401 - the class is private
        """Return what the framework's own plugin says, and that there is no more."""
        frameworks = next(
            plugin
            for plugin in schema_creator.plugins
            if plugin is not self and schema_creator.plugin_supports_field(plugin, field_definition)
        )
        schema: Schema = frameworks.to_openapi_schema(field_definition, schema_creator)
        schema.additional_properties = False
        return schema
