#include "core/net/http_message.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "core/base/text.h"

namespace psabridge::net {
namespace {

constexpr std::size_t kHeadLimit = 64 * 1024;  // bytes of status line and headers
constexpr std::size_t kReadSize = 256 * 1024;  // bytes asked for at once when the length is not known

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// True when a header that is a comma-separated list names `token`.
bool lists(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (equals_ignoring_case(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::optional<std::size_t> parse_size(std::string_view text, int base) {
  std::size_t size = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return size;
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void require_well_formed(const HttpRequest& request, const Url& url) {
  const bool fine = is_token(request.method) && std::ranges::all_of(request.headers, [](const auto& header) {
                      return is_token(header.first) && is_header_value(header.second);
                    });
  if (!fine)
    throw Error("PB1215",
                "A request to " + url.shown() + " has a method or header that HTTP does not allow.");
}

bool has_header(const HttpRequest& request, std::string_view name) {
  return std::ranges::any_of(request.headers,
                             [&](const auto& header) { return equals_ignoring_case(header.first, name); });
}

bool has_no_body(std::string_view method, int status) {
  return method == "HEAD" || status == 204 || status == 304;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return equals_ignoring_case(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string request_head(const HttpRequest& request, const Url& url, const std::string& target,
                         const std::string& proxy_authorization) {
  require_well_formed(request, url);
  std::string head = request.method + " " + target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\n";
  if (!has_header(request, "User-Agent")) head += "User-Agent: psabridge\r\n";
  for (const auto& [name, value] : request.headers) head += name + ": " + value + "\r\n";
  if (!proxy_authorization.empty()) head += "Proxy-Authorization: " + proxy_authorization + "\r\n";
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return head + "\r\n";
}

ResponseReader::ResponseReader(Channel& channel, const Url& url, const Patience& first_byte,
                               const Patience& whole)
    : channel_(channel), url_(url), first_byte_(first_byte), whole_(whole) {}

HttpResponse ResponseReader::read(std::string_view method, std::size_t body_limit) {
  auto response = read_head();
  if (!has_no_body(method, response.status)) read_body(response, body_limit);
  reusable_ = reusable_ && begin_ == end_;  // bytes that nobody asked for: do not trust this connection again
  return response;
}

HttpResponse ResponseReader::read_head() {
  HttpResponse response;
  do {
    response = {};
    const auto line = read_line();
    const auto status =
        line.starts_with("HTTP/1.") && line.size() >= 12 ? parse_size(line.substr(9, 3), 10) : std::nullopt;
    if (!status || line[8] != ' ' || *status < 100) fail_as_no_http("its first line is not a status line");
    response.status = static_cast<int>(*status);
    read_headers(response);
    reusable_ = line[7] != '0' && !lists(response.header("Connection"), "close");
  } while (response.status < 200);
  return response;
}

void ResponseReader::read_headers(HttpResponse& response) {
  std::size_t size = 0;
  for (auto line = read_line(); !line.empty(); line = read_line()) {
    if ((size += line.size()) > kHeadLimit) fail_as_no_http("its headers do not end");
    const auto colon = line.find(':');
    if (colon == std::string::npos) fail_as_no_http("a header line has no colon");
    response.headers.emplace_back(line.substr(0, colon), trim(std::string_view(line).substr(colon + 1)));
  }
}

void ResponseReader::read_body(HttpResponse& response, std::size_t body_limit) {
  if (lists(response.header("Transfer-Encoding"), "chunked")) return read_chunked(response.body, body_limit);
  const auto announced = response.header("Content-Length");
  if (announced.empty()) return read_to_end(response.body, body_limit);
  const auto size = parse_size(announced, 10);
  if (!size) fail_as_no_http("its Content-Length is no number");
  read_counted(response.body, *size, body_limit);
}

void ResponseReader::read_counted(std::string& body, std::size_t size, std::size_t body_limit) {
  const auto offset = body.size();
  require_within(size > body_limit ? size : offset + size, body_limit);
  body.resize(offset + size);
  read_exactly(body.data() + offset, size);
}

void ResponseReader::read_chunked(std::string& body, std::size_t body_limit) {
  for (;;) {
    const auto line = read_line();
    const auto size = parse_size(trim(std::string_view(line).substr(0, line.find(';'))), 16);
    if (!size) fail_as_no_http("a chunk has no size");
    if (*size == 0) break;
    read_counted(body, *size, body_limit);
    if (!read_line().empty()) fail_as_no_http("a chunk is longer than it said");
  }
  while (!read_line().empty()) {  // trailers
  }
}

void ResponseReader::read_to_end(std::string& body, std::size_t body_limit) {
  reusable_ = false;
  for (std::size_t size = 0;;) {
    body.resize(size + kReadSize);
    const auto received = receive(body.data() + size, kReadSize);
    size += received;
    body.resize(size);
    require_within(size, body_limit);
    if (received == 0) return;
  }
}

std::string ResponseReader::read_line() {
  std::string line;
  for (;;) {
    if (begin_ == end_) fill();
    const char* from = buffer_.data() + begin_;
    const auto* feed = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_));
    const auto size = feed ? static_cast<std::size_t>(feed - from) : end_ - begin_;
    line.append(from, size);
    begin_ += size + (feed ? 1 : 0);
    if (line.size() > kHeadLimit) fail_as_no_http("a line does not end");
    if (!feed) continue;
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
}

void ResponseReader::read_exactly(char* into, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const auto received = receive(into + done, size - done);
    if (received == 0)
      fail_as_cut_short("after " + std::to_string(done) + " of " + std::to_string(size) + " bytes");
    done += received;
  }
}

std::size_t ResponseReader::receive(char* into, std::size_t size) try {
  if (begin_ < end_) {
    const auto taken = std::min(size, end_ - begin_);
    std::memcpy(into, buffer_.data() + begin_, taken);
    begin_ += taken;
    return taken;
  }
  const auto received = channel_.receive(into, size, begun_ ? whole_ : first_byte_);
  begun_ = begun_ || received > 0;
  return received;
} catch (const ConnectionLost&) {
  if (begun_) fail_as_cut_short("by a broken connection");
  throw;
}

void ResponseReader::fill() {
  begin_ = end_ = 0;
  const auto received = receive(buffer_.data(), buffer_.size());
  if (received == 0 && begun_) fail_as_cut_short("in its headers or between chunks");
  if (received == 0) throw ConnectionLost(url_.origin() + " closed the connection without an answer.");
  end_ = received;
}

void ResponseReader::require_within(std::size_t size, std::size_t body_limit) const {
  if (size > body_limit)
    throw Error("PB1211", "The answer of " + url_.shown() + " has more than " + std::to_string(body_limit) +
                              " bytes, the limit.");
}

void ResponseReader::fail_as_no_http(std::string_view found) const {
  throw Error("PB1212", "The answer of " + url_.shown() + " is not HTTP: " + std::string(found) + ".");
}

void ResponseReader::fail_as_cut_short(std::string_view when) const {
  throw Error("PB1202", "The answer of " + url_.shown() + " was cut short " + std::string(when) + ".");
}

}  // namespace psabridge::net
