#include "core/net/http_answer.h"

#include <algorithm>
#include <boost/beast/http/status.hpp>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/net/http_date.h"

namespace psabridge::net {
namespace {

namespace http = boost::beast::http;

bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c < 0 || c >= ' ' || c == '\t') && c != '\x7f'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' || c == '_';
  });
}

bool names(const ServerAnswer& answer, std::string_view header) {
  return std::ranges::any_of(answer.headers,
                             [&](const auto& field) { return equals_ignoring_case(field.first, header); });
}

std::string line(std::string_view name, std::string_view value) {
  return std::string(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool well_formed(const ServerAnswer& answer) {
  return answer.status >= 200 && answer.status <= 599 && is_value(answer.content_type) &&
         std::ranges::all_of(answer.headers, [](const auto& field) {
           return is_name(field.first) && is_value(field.second);
         });
}

std::string head_of(const ServerAnswer& answer, std::string_view connection) {
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(answer.status)));
  auto head = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason) + "\r\n";
  head += line("Date", format_http_date(system_clock().now()));
  head += line("Connection", connection);
  if (answer.status != 204) head += line("Content-Length", std::to_string(answer.body.size()));
  if (!answer.body.empty()) head += line("Content-Type", answer.content_type);
  if (!names(answer, "Cache-Control")) head += line("Cache-Control", "no-store");
  head += line("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) head += line(name, value);
  return head + "\r\n";
}

std::string_view body_of(const ServerAnswer& answer) {
  return answer.status == 204 || answer.status == 304 ? std::string_view() : answer.body;
}

ServerAnswer error_answer(int status, std::string_view error, std::string_view message) {
  return {.status = status,
          .body = "{\"error\":\"" + std::string(error) + "\",\"message\":\"" + std::string(message) + "\"}"};
}

}  // namespace psabridge::net
