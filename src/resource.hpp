// What the environment says of the process as a whole: OpenTelemetry's resource attributes.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "ctxlog/field_set.hpp"

namespace ctxlog::detail {

// Adds `host.name`, then what OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say, the latter stronger
// (OpenTelemetry specification, resource SDK). A part that is malformed is reported and left out.
void add_resource(field_set&);

// Text of that attribute, empty when there is none. Valid as long as the fields.
std::string_view attribute_of(const field_set&, std::string_view key) noexcept;

// `deployment.environment.name`, or as it was called before, `deployment.environment`.
std::string_view deployment_environment_of(const field_set&) noexcept;

}  // namespace ctxlog::detail
