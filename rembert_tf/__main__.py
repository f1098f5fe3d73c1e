"""`python -m rembert_tf`: the command `rembert`, where its script is not on the PATH."""

from rembert_tf.cli.main import main

if __name__ == "__main__":
    main()
