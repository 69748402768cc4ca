/** The model of a `tokenizer.json` (Hugging Face's tokenizers) that joins bytes by pairs. IDs are the tokens' places. */
export function bytePairModel({
  tokens,
  merges,
  ignoreMerges,
}: {
  tokens: readonly string[]
  merges: readonly (readonly string[])[]
  /** A word that is a token is not put together. */
  ignoreMerges: boolean
}) {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: ignoreMerges,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
  }
}
