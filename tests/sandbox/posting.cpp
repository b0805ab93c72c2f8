#include "tests/sandbox/posting.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace sandbox {
namespace {

namespace json = boost::json;

bool is_json(const Request& request) {
  return lower_case(request.content_type).starts_with("application/json");
}

}  // namespace

std::optional<std::int64_t> integer_in(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> integer_of(const json::object& item, std::string_view key) {
  const auto* value = item.if_contains(key);
  return value == nullptr ? std::nullopt : integer_in(*value);
}

bool has_text(const json::object& item, std::string_view key) {
  const auto* value = item.if_contains(key);
  return value != nullptr && value->is_string() && !value->get_string().empty();
}

Refusal model_state(std::size_t index, std::string_view key, const json::value& value,
                    std::string_view type) {
  std::string path("[");
  path.append(std::to_string(index)).append("].").append(key);
  std::string text("Could not convert string to ");
  text.append(type).append(": ");
  text.append(value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  text.append(". Path '").append(path).append("', line 1, position 1.");
  return {400, json::serialize(json::object{{path, json::array{text}}})};
}

std::optional<json::array> posted_rows(const Request& request, Response& response) {
  if (!is_json(request)) {
    response.empty(415);
    return std::nullopt;
  }
  boost::system::error_code error;
  json::value body = json::parse(request.body, error);
  if (!error && body.is_array()) return std::move(body.get_array());
  response.json(400,
                error ? R"({"":["Unexpected character encountered while parsing value."]})" : kNeedsArray);
  return std::nullopt;
}

void answer_post(Faults& faults, std::string_view resource, const Request& request,
                 const std::vector<std::string>& written, Response& response) {
  const bool all = request.query.flag("returnall");
  const bool as_array = all || faults.strikes(Fault::post_answers_array, resource);
  response.json(faults.strikes(Fault::post_answers_200, resource) ? 200 : 201, "");
  response.rows = std::ssize(written);
  if (written.empty()) return response.body.append("[]");
  if (!as_array) return response.body.append(written.back());
  response.body.append('[');
  for (std::size_t i = all ? 0 : written.size() - 1; i < written.size(); ++i) {
    if (response.body.size() > 1) response.body.append(',');
    response.body.append(written[i]);
  }
  response.body.append(']');
}

}  // namespace sandbox
