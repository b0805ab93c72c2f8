// Any bytes as an answer of Halo: the slicer returns, every row lies within the body, and the server's words
// are one line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "entities.h"
#include "server_answer.h"
#include "slicer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace psabridge::halo;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const RowForm& form = find_entity("ticket")->form;
  for (const Slicing& slicing : {slice_list(body, form), slice_record(body, form)}) {
    for (const Row& row : slicing.rows) {
      const bool inside =
          row.text.data() >= body.data() && row.text.data() + row.text.size() <= body.data() + body.size();
      if (!inside || (!row.version.empty() && row.version.size() != 24)) std::abort();
    }
  }
  if (server_words(body).find('\n') != std::string::npos) std::abort();
  return 0;
}
