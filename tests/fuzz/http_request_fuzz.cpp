// Any bytes: the HTTP server's reader finds the same requests in them however they are cut, and stays within
// its limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/net/http_request_reader.h"

namespace {

using psabridge::net::RequestReader;

const psabridge::net::ServerOptions kOptions{.head_limit = 512, .field_limit = 8, .body_limit = 256};

std::string described(RequestReader& reader) {
  const auto head = reader.take_head();
  const auto body = reader.take_body();
  if (head.headers.size() > kOptions.field_limit || body.size() > kOptions.body_limit) std::abort();
  if (head.content_length && *head.content_length != body.size()) std::abort();
  return head.method + " " + head.path + "?" + head.query + " " + body + "\n";
}

/// Every request of `text` and how it ends, when it comes in pieces of this size.
std::string read_in_pieces(std::string_view text, std::size_t size) {
  const std::string peer = "192.0.2.1";
  RequestReader reader(kOptions, peer);
  std::string found;
  for (;;) switch (reader.next()) {
      case RequestReader::Event::more:
        if (text.empty()) return found + (reader.begun() ? "unfinished" : "end");
        reader.append(text.substr(0, size));
        text.remove_prefix(std::min(size, text.size()));
        break;
      case RequestReader::Event::head:
        break;
      case RequestReader::Event::whole:
        found += described(reader);
        reader.restart();
        break;
      case RequestReader::Event::refused:
        return found + "refused";
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto found = read_in_pieces(text, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {1u, 2u, 3u, 7u})
    if (read_in_pieces(text, piece) != found) std::abort();
  return 0;
}
