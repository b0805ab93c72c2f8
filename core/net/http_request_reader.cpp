#include "core/net/http_request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <optional>

#include "core/base/text.h"

namespace psabridge::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Text = boost::beast::string_view;

const RequestRefusal kBodyTooLarge{Refusal::body_too_large, 413,
                                   "The body is larger than this server takes."};

constexpr bool is_control(char c) noexcept { return (c >= 0 && c < ' ') || c == '\x7f'; }

/// What is wrong with `c` after `before` in a line; null: nothing.
const char* line_fault(char before, char c) noexcept {
  if ((before == '\r') != (c == '\n')) return "A line does not end with CR and LF.";
  if (is_control(c) && c != '\t' && c != '\r' && c != '\n') return "A line has a control character in it.";
  if (before == '\n' && (c == ' ' || c == '\t')) return "A field is folded over lines.";
  return nullptr;
}

/// Nothing when an encoding is broken or stands for a control character.
std::optional<std::string> decode_path(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      unsigned byte = 0;
      const auto digits = text.substr(at + 1, 2);
      const auto end = digits.data() + digits.size();
      if (digits.size() < 2 || std::from_chars(digits.data(), end, byte, 16).ptr != end) return std::nullopt;
      c = static_cast<char>(byte);
      at += 2;
    }
    if (is_control(c)) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

/// "name: value", of a trailer, which is dropped.
bool is_field(std::string_view line) {
  const auto name = line.substr(0, line.find(':'));
  return !name.empty() && name.size() < line.size() && name.find_first_of(" \t") == std::string_view::npos;
}

bool is_host(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

/// The size at the beginning of a chunk's line; what may follow is an extension.
std::optional<std::uint64_t> size_of_chunk(std::string_view line) {
  std::uint64_t size = 0;
  const auto end = line.data() + line.size();
  const auto [after, error] = std::from_chars(line.data(), end, size, 16);
  if (error != std::errc() || (after != end && *after != ';')) return std::nullopt;
  return size;
}

}  // namespace

/// Beast's parser, which knows the grammar of heads, keeping what it finds. Chunks are not for it: it takes
/// line ends in quoted extensions, and asserts what a caller's bytes decide.
class RequestReader::Parser final : public http::basic_parser<true> {
 public:
  explicit Parser(const ServerOptions& options) {
    header_limit(static_cast<std::uint32_t>(options.head_limit));
    skip(true);  // the body
  }

  /// Finishes `head` from what the parser collected. Null, or what makes it ambiguous.
  const char* complete_head() {
    const auto question = std::min(target_.find('?'), target_.size());
    const auto path = decode_path(std::string_view(target_).substr(0, question));
    if (!target_.starts_with('/') || !path ||
        std::ranges::any_of(target_, [](char c) { return c <= ' ' || c > '~' || c == '#'; }))
      return "The target is not a path.";
    head.path = *path;
    head.query = target_.substr(std::min(question + 1, target_.size()));
    if (const auto length = content_length()) head.content_length = *length;
    return fault_of_fields();
  }

  /// HTTP/1.0
  bool old() const noexcept { return old_; }

  RequestHead head;

 private:
  const char* fault_of_fields() const {
    const auto hosts = count("Host"), lengths = count("Content-Length"), codings = count("Transfer-Encoding");
    if (hosts > 1 || (hosts == 0 && !old_) || !is_host(head.header("Host")))
      return "There must be one Host that names a host.";
    const auto length = head.header("Content-Length");
    if (lengths > 1 || length.find_first_not_of("0123456789") != std::string_view::npos)
      return "There must be one Content-Length that is a number.";
    if (codings > 0 && (codings > 1 || lengths > 0 || old_ ||
                        !equals_ignoring_case(head.header("Transfer-Encoding"), "chunked")))
      return "Transfer-Encoding must be chunked, and alone.";
    return nullptr;
  }

  std::ptrdiff_t count(std::string_view name) const {
    return std::ranges::count_if(head.headers,
                                 [&](const auto& field) { return equals_ignoring_case(field.first, name); });
  }

  void on_request_impl(http::verb, Text method, Text target, int version, error_code&) override {
    head.method = method;
    target_ = target;
    old_ = version < 11;
  }
  void on_field_impl(http::field, Text name, Text value, error_code&) override {
    head.headers.emplace_back(name, value);
  }
  std::size_t on_body_impl(Text, error_code&) override { return 0; }
  std::size_t on_chunk_body_impl(std::uint64_t, Text, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  void on_response_impl(int, Text, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  std::string target_;
  bool old_ = false;
};

RequestReader::RequestReader(const ServerOptions& options, const std::string& peer)
    : options_(options), peer_(peer) {}
RequestReader::~RequestReader() = default;

void RequestReader::append(std::string_view bytes) {
  pending_.erase(0, read_);
  read_ = 0;
  pending_ += bytes;
}

void RequestReader::consume(std::size_t size) {
  read_ += size;
  scanned_ = 0;
}

/// One part after the other. Event::head is said when the head is there, and only then.
RequestReader::Event RequestReader::next() {
  for (;;) {
    Event event = Event::whole;
    switch (part_) {
      case Part::head:
        return read_head();
      case Part::counted_data:
        event = read_data(Part::nothing);
        break;
      case Part::chunk_line:
        event = read_chunk_line();
        break;
      case Part::chunk_data:
        event = read_data(Part::chunk_end);
        break;
      case Part::chunk_end:
        event = read_chunk_end();
        break;
      case Part::trailers:
        event = read_trailer();
        break;
      case Part::nothing:
        return Event::whole;
    }
    if (event != Event::whole) return event;
  }
}

void RequestReader::restart() {
  parser_.reset();
  body_ = std::string();
  part_ = Part::head;
  body_unwanted_ = false;
  scanned_ = lines_ = 0;
  append({});
  pending_.shrink_to_fit();
}

const RequestHead& RequestReader::head() const { return parser_->head; }

bool RequestReader::waits_for_continue() const {
  return !parser_->old() && part_ != Part::nothing && unread().empty() &&
         equals_ignoring_case(parser_->head.header("Expect"), "100-continue");
}

bool RequestReader::keep_alive() const {
  return parser_ && parser_->is_header_done() && parser_->keep_alive();
}

RequestHead RequestReader::take_head() { return std::move(parser_->head); }

std::string RequestReader::take_body() { return std::move(body_); }

RequestReader::Event RequestReader::read_head() {
  while (unread().starts_with("\r\n")) consume(2);
  for (;;) {
    if (const auto event = scan_line(); event != Event::whole) return event;
    if (unread().substr(0, scanned_).ends_with("\r\n\r\n")) return parse_head();
    if (++lines_ > options_.field_limit + 1)
      return refuse({Refusal::head_too_large, 431, "The request has too many header fields."});
  }
}

RequestReader::Event RequestReader::parse_head() {
  parser_ = std::make_unique<Parser>(options_);
  error_code error;
  parser_->put(boost::asio::buffer(unread().data(), scanned_), error);
  body_unwanted_ = parser_->head.method == "HEAD";
  if (error) return refuse({.why = "The head is not well formed: " + error.message() + "."});
  if (const char* fault = parser_->complete_head()) return refuse({.why = fault});
  consume(scanned_);
  parser_->head.peer = peer_;
  left_ = parser_->head.content_length.value_or(0);
  if (left_ > options_.body_limit) return refuse(kBodyTooLarge);
  part_ = parser_->chunked() ? Part::chunk_line : left_ > 0 ? Part::counted_data : Part::nothing;
  lines_ = 0;
  return Event::head;
}

RequestReader::Event RequestReader::read_chunk_line() {
  if (const auto event = scan_line(); event != Event::whole) return event;
  const auto size = size_of_chunk(unread().substr(0, scanned_ - 2));
  if (!size) return refuse({.why = "A chunk does not begin with its size."});
  if (*size > options_.body_limit - body_.size()) return refuse(kBodyTooLarge);
  consume(scanned_);
  left_ = *size;
  part_ = left_ > 0 ? Part::chunk_data : Part::trailers;
  return Event::whole;
}

RequestReader::Event RequestReader::read_chunk_end() {
  if (!std::string_view("\r\n").starts_with(unread().substr(0, 2)))
    return refuse({.why = "A chunk is longer than its size."});
  if (unread().size() < 2) return Event::more;
  consume(2);
  part_ = Part::chunk_line;
  return Event::whole;
}

RequestReader::Event RequestReader::read_trailer() {
  if (const auto event = scan_line(); event != Event::whole) return event;
  const auto line = unread().substr(0, scanned_ - 2);
  if (line.empty()) part_ = Part::nothing;
  if (!line.empty() && !is_field(line)) return refuse({.why = "A trailer is no field."});
  if (++lines_ > options_.field_limit + 1)
    return refuse({Refusal::head_too_large, 431, "The request has too many trailers."});
  consume(scanned_);
  return Event::whole;
}

RequestReader::Event RequestReader::read_data(Part after) {
  const auto part = unread().substr(0, std::min<std::uint64_t>(left_, unread().size()));
  body_ += part;
  left_ -= part.size();
  consume(part.size());
  if (left_ > 0) return Event::more;
  part_ = after;
  return Event::whole;
}

/// Looks at each byte once. Event::whole: the unread bytes up to scanned_ end with a line.
RequestReader::Event RequestReader::scan_line() {
  const auto bytes = unread();
  while (scanned_ < bytes.size()) {
    if (scanned_ == options_.head_limit)
      return refuse(
          {Refusal::head_too_large, 431, "The head of the request or a line of its body is too large."});
    const char before = scanned_ == 0 ? '\0' : bytes[scanned_ - 1], c = bytes[scanned_];
    if (const char* fault = line_fault(before, c)) return refuse({.why = fault});
    ++scanned_;
    if (c == '\n') return Event::whole;
  }
  return Event::more;
}

RequestReader::Event RequestReader::refuse(RequestRefusal refusal) {
  refusal_ = std::move(refusal);
  return Event::refused;
}

}  // namespace psabridge::net
