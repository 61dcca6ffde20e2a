// The one place that compiles nlohmann_json for the tests.
// SPDX-License-Identifier: MIT
#include "json.hpp"

template class nlohmann::basic_json<>;
template class nlohmann::basic_json<nlohmann::ordered_map>;
template class nlohmann::detail::parser<nlohmann::json, json_compiled_once::characters>;
template class nlohmann::detail::parser<nlohmann::ordered_json, json_compiled_once::characters>;
template class nlohmann::detail::serializer<nlohmann::json>;
template class nlohmann::detail::serializer<nlohmann::ordered_json>;

std::string Catch::StringMaker<nlohmann::json>::convert(const nlohmann::json& document) {
  return document.dump();
}

std::string Catch::StringMaker<nlohmann::ordered_json>::convert(const nlohmann::ordered_json& document) {
  return document.dump();
}
