// nlohmann_json as the tests read lines with it: compiled once, in json.cpp, because each test file would otherwise
// spend seconds on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_tostring.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace json_compiled_once {

using characters = nlohmann::detail::iterator_input_adapter<std::string::const_iterator>;

}  // namespace json_compiled_once

extern template class nlohmann::basic_json<>;
extern template class nlohmann::basic_json<nlohmann::ordered_map>;
extern template class nlohmann::detail::parser<nlohmann::json, json_compiled_once::characters>;
extern template class nlohmann::detail::parser<nlohmann::ordered_json, json_compiled_once::characters>;
extern template class nlohmann::detail::serializer<nlohmann::json>;
extern template class nlohmann::detail::serializer<nlohmann::ordered_json>;

template <>
struct Catch::StringMaker<nlohmann::json> {
  static std::string convert(const nlohmann::json& document);
};
template <>
struct Catch::StringMaker<nlohmann::ordered_json> {
  static std::string convert(const nlohmann::ordered_json& document);
};
