// Requests taken from bytes as they come. What another program on the way could read in a second way is
// refused. No input or output.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/net/http_server.h"

namespace psabridge::net {

/// Why a request is refused, and what the caller is told.
struct RequestRefusal {
  Refusal reason = Refusal::malformed;
  int status = 400;
  std::string why = {};  ///< a sentence in plain ASCII without quotes
};

/// Reads the requests of one connection one after the other. What it takes:
/// - targets that begin with '/', in printable ASCII and well percent-encoded; no absolute ones, no fragment;
/// - at most one Host (HTTP/1.1: exactly one), at most one Content-Length, which is a number;
/// - `Transfer-Encoding: chunked` and no other coding, alone and in HTTP/1.1 only. Extensions of chunks and
///   trailers are dropped;
/// - lines that end with CRLF and hold no control characters; a field stands on one line;
/// - empty lines before a request, as old clients send them after a body.
/// One thread.
class RequestReader {
 public:
  enum class Event {
    more,    ///< bytes are missing
    head,    ///< the head is there, said once a request
    whole,   ///< the request is there
    refused  ///< see refusal(); nothing can be read any more
  };

  /// Of `options` the three limits are used; `peer` is put into each head. Both outlive the reader.
  RequestReader(const ServerOptions& options, const std::string& peer);
  ~RequestReader();

  void append(std::string_view bytes);
  /// Goes on with what was appended.
  Event next();
  /// Makes ready for the next request; what came of it already is kept.
  void restart();

  /// At least one byte of a request came.
  bool begun() const noexcept { return parser_ || !unread().empty(); }
  const RequestRefusal& refusal() const noexcept { return refusal_; }

  /// After Event::head.
  const RequestHead& head() const;
  /// The caller waits for "100 Continue" before it sends the body.
  bool waits_for_continue() const;
  /// The caller wants the connection to last. False before Event::head.
  bool keep_alive() const;
  /// The answer is to have no body, as the method is HEAD.
  bool body_unwanted() const noexcept { return body_unwanted_; }

  /// After Event::whole, once.
  RequestHead take_head();
  std::string take_body();

 private:
  class Parser;
  /// What comes next of a request.
  enum class Part : std::uint8_t { head, counted_data, chunk_line, chunk_data, chunk_end, trailers, nothing };

  Event read_head();
  Event parse_head();
  Event read_chunk_line();
  Event read_chunk_end();
  Event read_trailer();
  Event read_data(Part after);
  Event scan_line();
  Event refuse(RequestRefusal refusal);

  std::string_view unread() const { return std::string_view(pending_).substr(read_); }
  void consume(std::size_t size);

  const ServerOptions& options_;
  const std::string& peer_;
  Part part_ = Part::head;
  std::string pending_;             ///< came and is kept
  std::size_t read_ = 0;            ///< of pending_
  std::size_t scanned_ = 0;         ///< of the unread ones: bytes whose line ends were looked at
  std::size_t lines_ = 0;           ///< of the head, then of the trailers
  std::uint64_t left_ = 0;          ///< bytes of the body or of its chunk that are still to come
  std::unique_ptr<Parser> parser_;  ///< from the end of the head to the end of the request
  std::string body_;
  bool body_unwanted_ = false;
  RequestRefusal refusal_;
};

}  // namespace psabridge::net
