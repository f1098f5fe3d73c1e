"""Operations that make a model directory of other ones: fewer pieces, fewer blocks, an average."""
