// The shapes of records that every peer writes: what the values are, which fields and which message they make.
// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../workload.hpp"

namespace bench {

/// Two short fields.
struct ping {
  std::string key;
  std::int64_t hits;
};

/// Twenty fields of all types; the doubles use all their digits.
struct measurement {
  std::string device, site, region, unit, firmware, operator_name;
  double temperature, humidity, pressure, latitude, longitude, voltage;
  std::int64_t sequence, offset, drift, retries;
  std::uint64_t serial, checksum;
  bool online, calibrated;
};

/// A message of 4096 characters, in lines of 80, and no fields.
struct report {
  std::string text;
};

/// `Size` integers, to see what one more field costs.
template <std::size_t Size>
struct numbers {
  std::array<std::int64_t, Size> values;
};

/// Of the N-th context value, `c00` to `c99`.
template <std::size_t N>
inline constexpr char variable_name[] = {'c', '0' + N / 10, '0' + N % 10, '\0'};

template <std::size_t Size>
inline const std::array<std::string, Size> number_keys = [] {
  std::array<std::string, Size> keys;
  for (std::size_t i = 0; i < Size; ++i) keys[i] = fmt::format("n{:02}", i);
  return keys;
}();

inline std::string message_of(const order& o) {
  return fmt::format("order processed: id={} status={}", o.id, o.status);
}
inline std::string message_of(const ping&) { return "cache hit"; }
inline std::string message_of(const measurement&) { return "measurement stored"; }
inline std::string message_of(const report& r) { return r.text; }
template <std::size_t Size>
std::string message_of(const numbers<Size>&) {
  return "numbers";
}

/// Calls `visit(key, value)` for each field, for peers whose interface takes fields one by one.
template <class Visit>
void visit_fields(const order& o, Visit visit) {
  visit("customer", o.customer);
  visit("qty", o.quantity);
  visit("price", o.price);
  visit("gift", o.gift);
  visit("note", o.note);
  visit("sku", o.sku);
}
template <class Visit>
void visit_fields(const ping& p, Visit visit) {
  visit("key", p.key);
  visit("hits", p.hits);
}
template <class Visit>
void visit_fields(const measurement& m, Visit visit) {
  visit("device", m.device);
  visit("site", m.site);
  visit("region", m.region);
  visit("unit", m.unit);
  visit("firmware", m.firmware);
  visit("operator", m.operator_name);
  visit("temperature", m.temperature);
  visit("humidity", m.humidity);
  visit("pressure", m.pressure);
  visit("latitude", m.latitude);
  visit("longitude", m.longitude);
  visit("voltage", m.voltage);
  visit("sequence", m.sequence);
  visit("offset", m.offset);
  visit("drift", m.drift);
  visit("retries", m.retries);
  visit("serial", m.serial);
  visit("checksum", m.checksum);
  visit("online", m.online);
  visit("calibrated", m.calibrated);
}
template <class Visit>
void visit_fields(const report&, Visit) {}
template <std::size_t Size, class Visit>
void visit_fields(const numbers<Size>& n, Visit visit) {
  for (std::size_t i = 0; i < Size; ++i) visit(number_keys<Size>[i], n.values[i]);
}

namespace detail {

using random_engine = std::mt19937_64;

inline std::string random_text(random_engine& random, std::string_view prefix, int digits) {
  std::string text(prefix);
  while (digits-- > 0) text += "0123456789abcdef"[random() % 16];
  return text;
}

inline std::int64_t random_integer(random_engine& random, std::uint64_t below) {
  return static_cast<std::int64_t>(random() % below) - static_cast<std::int64_t>(below / 4);
}

/// All 53 bits random.
inline double random_double(random_engine& random, double scale) {
  return (std::ldexp(static_cast<double>(random() >> 11), -52) - 1) * scale;
}

inline ping make(random_engine& random, const ping*) {
  return {.key = random_text(random, "u:", 6), .hits = random_integer(random, 100'000)};
}

inline measurement make(random_engine& random, const measurement*) {
  return {.device = random_text(random, "dev-", 8),
          .site = "plant north",
          .region = "eu-west-1",
          .unit = "SI",
          .firmware = "v4.17.3",
          .operator_name = random_text(random, "op-", 4),
          .temperature = random_double(random, 80),
          .humidity = random_double(random, 1),
          .pressure = random_double(random, 1100),
          .latitude = random_double(random, 90),
          .longitude = random_double(random, 180),
          .voltage = random_double(random, 5),
          .sequence = random_integer(random, 1'000'000'000),
          .offset = random_integer(random, 1000),
          .drift = random_integer(random, 100),
          .retries = random_integer(random, 8),
          .serial = random(),
          .checksum = random(),
          .online = (random() & 1) != 0,
          .calibrated = (random() & 1) != 0};
}

inline report make(random_engine& random, const report*) {
  std::string text;
  while (text.size() < 4096) text += random_text(random, "  at module::function (arguments) ", 45) + '\n';
  text.resize(4096);
  return {.text = std::move(text)};
}

template <std::size_t Size>
numbers<Size> make(random_engine& random, const numbers<Size>*) {
  numbers<Size> made;
  for (auto& value : made.values) value = random_integer(random, 1'000'000);
  return made;
}

}  // namespace detail

/// The same in every process.
template <class Shape>
const std::vector<Shape>& events() {
  static const std::vector<Shape> made = [] {
    detail::random_engine random(20261120);
    std::vector<Shape> list;
    for (int i = 0; i < 100; ++i) list.push_back(detail::make(random, static_cast<const Shape*>(nullptr)));
    return list;
  }();
  return made;
}
template <>
inline const std::vector<order>& events<order>() {
  static const workload made;
  return made.orders();
}

inline const std::vector<request>& requests() {
  static const workload made;
  return made.requests();
}

}  // namespace bench
