// HTTP/1.1 on a channel: requests as bytes, answers read whole or not at all.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/net/channel.h"
#include "core/net/http_client.h"

namespace psabridge::net {

/// The bytes of a request without its body. `target` is the path, or the absolute address for a proxy.
/// Throws Error PB1215 when method or headers would break the message.
std::string request_head(const HttpRequest& request, const Url& url, const std::string& target,
                         const std::string& proxy_authorization);

/// Reads one answer. Lives for that answer only; channel, url and both patiences outlive it.
class ResponseReader {
 public:
  /// `first_byte` lasts until something came, `whole` from then on.
  ResponseReader(Channel& channel, const Url& url, const Patience& first_byte, const Patience& whole);

  /// The whole answer to a request with this method. Throws ConnectionLost when not a single byte came, Error
  /// PB1202 when it was cut short, PB1211 over `body_limit`, PB1212 when it is not HTTP.
  HttpResponse read(std::string_view method, std::size_t body_limit);
  /// Status and headers only, interim (1xx) answers skipped.
  HttpResponse read_head();
  /// True after read() when the connection may carry another request.
  bool reusable() const noexcept { return reusable_; }

 private:
  void read_body(HttpResponse& response, std::size_t body_limit);
  void read_counted(std::string& body, std::size_t size, std::size_t body_limit);
  void read_chunked(std::string& body, std::size_t body_limit);
  void read_to_end(std::string& body, std::size_t body_limit);
  void read_headers(HttpResponse& response);
  std::string read_line();
  void read_exactly(char* into, std::size_t size);
  std::size_t receive(char* into, std::size_t size);
  void fill();
  void require_within(std::size_t size, std::size_t body_limit) const;
  [[noreturn]] void fail_as_no_http(std::string_view found) const;
  [[noreturn]] void fail_as_cut_short(std::string_view when) const;

  Channel& channel_;
  const Url& url_;
  const Patience& first_byte_;
  const Patience& whole_;
  std::array<char, 16 * 1024> buffer_;
  std::size_t begin_ = 0, end_ = 0;  ///< unread part of buffer_
  bool begun_ = false;               ///< at least one byte of the answer came
  bool reusable_ = false;
};

}  // namespace psabridge::net
